import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEVELOPMENT_ISSUER } from '@hotel/runtime/access/tokens/auth-settings'
import { allScopes } from '@hotel/stack/identity/scopes'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA' | 'PS256' | 'ES384'

/** A key of a test's own, to sign as an issuer does or as one who would like to be one. */
export type Key = {
  readonly kid: string
  readonly alg: Algorithm
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Makes a key. */
export function makeKey(alg: Algorithm = 'ES256', kid: string = randomUUID()): Key {
  return { kid, alg, ...pairOf(alg) }
}

function pairOf(alg: Algorithm) {
  switch (alg) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2_048 })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
    default:
      return generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
  }
}

/** The set of keys that an issuer publishes. */
export function jwksOf(...keys: readonly Pick<Key, 'kid' | 'publicKey'>[]): string {
  return JSON.stringify({ keys: keys.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid })) })
}

type Parts = { readonly header?: object; readonly claims?: object }

/** Claims that are right, of a caller who may do everything. */
export function rightClaims(): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1_000)
  return {
    iss: DEVELOPMENT_ISSUER,
    aud: 'hotel',
    sub: 'tester',
    exp: now + 600,
    iat: now,
    scope: allScopes.join(' '),
    hotels: '*',
  }
}

/** A token by a key; parts of its header and claims are set differently, or taken out by `undefined`. */
export function signed(key: Key, { header = {}, claims = {} }: Parts = {}): string {
  const input = signingInput({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }, { ...rightClaims(), ...claims })
  return `${input}.${signatureOf(input, key).toString('base64url')}`
}

/** A token whose signature is a code by a shared secret. */
export function signedByHmac(secret: string | Buffer, kid: string): string {
  const input = signingInput({ alg: 'HS256', kid, typ: 'JWT' }, rightClaims())
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** A token that says that it needs no signature. */
export function unsigned(kid: string, signature = ''): string {
  return `${signingInput({ alg: 'none', kid, typ: 'JWT' }, rightClaims())}.${signature}`
}

function signingInput(header: object, claims: object): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

function signatureOf(input: string, { alg, privateKey }: Key): Buffer {
  const data = Buffer.from(input)
  switch (alg) {
    case 'EdDSA':
      return sign(null, data, privateKey)
    case 'ES256':
    case 'ES384':
      return sign(alg === 'ES256' ? 'sha256' : 'sha384', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    case 'PS256':
      return sign('sha256', data, { key: privateKey, padding: 6, saltLength: 32 })
    default:
      return createSign('sha256').update(data).sign(privateKey)
  }
}

/** A server of an issuer's keys. */
export type KeyServer = AsyncDisposable & {
  readonly url: string
  /** What it answers: undefined is a fault. */
  jwks: string | undefined
}

/** Starts one. */
export async function serveKeys(): Promise<KeyServer> {
  const server = createServer((_, answer) => {
    answer.writeHead(served.jwks === undefined ? 500 : 200, { 'content-type': 'application/json' }).end(served.jwks)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const served: KeyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    jwks: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return served
}
