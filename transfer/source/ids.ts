import { hash } from 'node:crypto'
import { uuidOf, visible } from './folding.ts'

/** The namespace of the ids that an import makes: those of RFC 9562, section 5.5 (UUIDv5). */
const NAMESPACE = Buffer.from('6f0f6e0a4c1b5d0f9b7e2a52c9d1e3f4', 'hex')

/**
 * The id of what has none in its file: always the same for the same parts, so that an import that is repeated makes
 * nothing twice.
 */
export function derivedId(...parts: readonly string[]): string {
  const bytes = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(JSON.stringify(parts))]), 'buffer')
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The id of a guest by its key in the guests file of the hotel; a GUID is the id itself, so that a reference is either. */
export function guestId(hotel: string, key: string): string {
  return uuidOf(key) ?? derivedId('guest', hotel, visible(key))
}
