import { readFileSync } from 'node:fs'
import { type AuthSettings, DEVELOPMENT_KEYS } from './auth-settings.ts'

/** A set of an issuer's public keys (RFC 7517), as far as it is looked at here. */
export type Jwks = { readonly keys: readonly Readonly<Record<string, unknown>>[] }

/** Parameters of keys that nobody but the issuer may have: of private keys, and of those that are shared (RFC 7518, 6). */
const SECRET = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Reads a set of keys; throws for text that is none, for keys that are no public ones, and for development's in production. */
export function readJwks(text: string, { production }: Pick<AuthSettings, 'production'>): Jwks {
  const jwks = parsed(text)
  if (!isJwks(jwks)) throw new Error('is not a set of keys: give JSON such as {"keys": [...]} with at least one key')
  if (jwks.keys.some((key) => SECRET.some((name) => name in key)))
    throw new Error('holds a private or shared key: give public keys only, and replace that key')
  if (production) refuseDevelopment(jwks)
  return jwks
}

/** The settings, whose keys are sound when they are in a file; throws naming AUTH_JWKS_FILE otherwise. */
export function withKeys(settings: AuthSettings): AuthSettings {
  const { keys, production } = settings
  if (!('file' in keys)) return settings
  try {
    readJwks(readFileSync(keys.file, 'utf8'), { production })
  } catch (error) {
    throw new Error(`AUTH_JWKS_FILE ${(error as Error).message}`)
  }
  return settings
}

/** Throws when a set has a key of a development issuer in it. */
export function refuseDevelopment({ keys }: Jwks): void {
  if (keys.some(({ kid }) => isOfDevelopment(kid)))
    throw new Error('holds a key of the development issuer, which production refuses')
}

/** Whether a key is a development issuer's, by its id. */
export function isOfDevelopment(kid: unknown): boolean {
  return typeof kid === 'string' && kid.startsWith(DEVELOPMENT_KEYS)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isJwks(value: unknown): value is Jwks {
  const keys = (value as { keys?: unknown } | null | undefined)?.keys
  return (
    Array.isArray(keys) &&
    keys.length > 0 &&
    keys.every((key) => typeof key === 'object' && key !== null && typeof key.kty === 'string')
  )
}
