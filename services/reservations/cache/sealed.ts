import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const SALT_BYTES = 16
const TAG_BYTES = 16

/** Seals what is kept where others may read and write. */
export type Sealer = {
  /** Nobody without the secret can read it, or make one that opens. */
  seal(value: Uint8Array, place: string): Buffer
  /** The value that was sealed for this place; undefined for anything else. */
  open(sealed: Uint8Array, place: string): Buffer | undefined
}

/**
 * AES-256-GCM, with the place as authenticated data, so that a value does not open elsewhere. Each value has a key of its
 * own, derived from the secret and a random salt: the values of years are too many for random nonces under one key
 * (NIST SP 800-38D, section 8.3).
 */
export function sealer(secret: Buffer, purpose: string): Sealer {
  const root = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
  const keyOf = (salt: Uint8Array) => createHmac('sha256', root).update(salt).digest()
  const nonce = Buffer.alloc(12)
  return {
    seal(value, place) {
      const salt = randomBytes(SALT_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyOf(salt), nonce).setAAD(Buffer.from(place))
      return Buffer.concat([salt, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, place) {
      if (sealed.length < SALT_BYTES + TAG_BYTES) return undefined
      const key = keyOf(sealed.subarray(0, SALT_BYTES))
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const value = decipher.update(sealed.subarray(SALT_BYTES, -TAG_BYTES))
      try {
        // Checks the tag: before, the value is anybody's.
        decipher.final()
        return value
      } catch {
        return undefined
      }
    },
  }
}
