import { expect, test } from '@jest/globals'
import { type CryptoKey, errors, generateKeyPair, SignJWT } from 'jose'
import { Status } from 'nice-grpc'
import type { AuthSettings } from './auth-settings.ts'
import { DEFAULT_CLAIMS } from './claims.ts'
import type { KeySet } from './key-set.ts'
import { tokenVerifier } from './token.ts'

const settings = { issuer: 'issuer', audience: 'hotel', production: false, claims: DEFAULT_CLAIMS } as AuthSettings

/** Keys that are replaced when a test says so, and looked up as slowly as it says. */
async function rotatingKeys() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  let keys: { accepted: CryptoKey | undefined } = { accepted: publicKey }
  let gate: Promise<void> | undefined
  const set: KeySet = {
    async find() {
      const { accepted } = keys
      await gate
      if (accepted === undefined) throw new errors.JWKSNoMatchingKey()
      return accepted
    },
    version: async () => keys,
    close() {},
  }
  const token = await new SignJWT({ scope: 'guests.read', hotels: '*' })
    .setProtectedHeader({ alg: 'ES256' })
    .setSubject('front desk')
    .setIssuer('issuer')
    .setAudience('hotel')
    .setExpirationTime('1h')
    .sign(privateKey)
  return {
    set,
    authorization: [`Bearer ${token}`],
    /** The next look-ups have their key and wait until this is called. */
    holdLookups() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return () => {
        gate = undefined
        resolve()
      }
    },
    withdraw() {
      keys = { accepted: undefined }
    },
  }
}

test('a token that was verified by keys that are withdrawn meanwhile is not known afterwards', async () => {
  const { set, authorization, holdLookups, withdraw } = await rotatingKeys()
  const verify = tokenVerifier(settings, set)
  const release = holdLookups()
  const underOldKeys = verify(authorization)
  // The look-up is under way once others have had their turn.
  await new Promise((resolve) => setImmediate(resolve))
  withdraw()
  const refused = { code: Status.UNAUTHENTICATED }
  const underNewKeys = verify(authorization)
  release()
  await expect(underNewKeys).rejects.toMatchObject(refused)
  await underOldKeys
  await expect(verify(authorization)).rejects.toMatchObject(refused)
})

test('a token that was verified before is looked up no more, until the keys change', async () => {
  const { set, authorization, withdraw } = await rotatingKeys()
  let lookups = 0
  const counted: KeySet = {
    ...set,
    async find(header, token) {
      lookups += 1
      return set.find(header, token)
    },
  }
  const verify = tokenVerifier(settings, counted)
  for (let call = 0; call < 3; call++) expect((await verify(authorization)).caller.subject).toBe('front desk')
  expect(lookups).toBe(1)
  withdraw()
  await expect(verify(authorization)).rejects.toMatchObject({ code: Status.UNAUTHENTICATED })
})
