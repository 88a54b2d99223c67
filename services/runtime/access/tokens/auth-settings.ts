import { type ClaimNames, DEFAULT_CLAIMS, isClaimName } from './claims.ts'

/** The issuer whose tokens are accepted. */
export type AuthSettings = {
  /** The `iss` of every token. */
  readonly issuer: string
  /** What the `aud` of every token is, or contains. */
  readonly audience: string
  /** Which claims say what a token may do. */
  readonly claims: ClaimNames
  /** Where the issuer's public keys are. */
  readonly keys: { readonly url: URL } | { readonly file: string }
  /** File of certificates that are trusted for that URL besides those that everybody trusts. */
  readonly certificate: string | undefined
  /** How often keys from a URL are fetched anew. */
  readonly refreshSeconds: number
  /** Whether the development issuer of `npm start` is refused. */
  readonly production: boolean
  /** Whether documents and reflection need no token. */
  readonly publicDocs: boolean
}

/** The issuer that `npm start` and the tests make tokens as, and how the ids of its keys begin. */
export const DEVELOPMENT_ISSUER = 'urn:hotel:development'
export const DEVELOPMENT_KEYS = 'development-'

/** By how many seconds the clocks of an issuer and of the suite may differ, here and at the gateway. */
export const CLOCK_TOLERANCE_SECONDS = 5

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS_URL or AUTH_JWKS_FILE, AUTH_JWKS_REFRESH, AUTH_PUBLIC_DOCS, AUTH_SCOPE_CLAIMS,
 * AUTH_HOTELS_CLAIM, AUTH_TIER_CLAIM, NODE_EXTRA_CA_CERTS and NODE_ENV.
 * Throws naming the variable that is missing or wrong, and in production for what is only good for development.
 */
export function authSettings(env: Environment): AuthSettings {
  const production = env.NODE_ENV === 'production'
  const issuer = required(env, 'AUTH_ISSUER', "the issuer's name, which is the `iss` of its tokens")
  if (production && issuer === DEVELOPMENT_ISSUER)
    throw new Error(`AUTH_ISSUER is the development issuer, which production refuses: name an issuer of your own`)
  return Object.freeze({
    issuer,
    audience: required(env, 'AUTH_AUDIENCE', 'the name of this suite in the `aud` of its tokens'),
    claims: Object.freeze(claimsFrom(env)),
    keys: Object.freeze(keysFrom(env, production)),
    // Node itself reads it for the services.
    certificate: env.NODE_EXTRA_CA_CERTS || undefined,
    refreshSeconds: refreshFrom(env),
    production,
    publicDocs: publicDocsFrom(env, production),
  })
}

function required(env: Environment, variable: string, what: string): string {
  const value = env[variable]
  if (!value) throw new Error(`${variable} is not set: give ${what}`)
  return value
}

function claimsFrom(env: Environment): ClaimNames {
  const { AUTH_SCOPE_CLAIMS: scopes, AUTH_HOTELS_CLAIM: hotels, AUTH_TIER_CLAIM: tier } = env
  return {
    scopes: scopes
      ? scopes.split(',').map((name) => claimName('AUTH_SCOPE_CLAIMS', name.trim()))
      : DEFAULT_CLAIMS.scopes,
    hotels: claimName('AUTH_HOTELS_CLAIM', hotels || DEFAULT_CLAIMS.hotels),
    tier: claimName('AUTH_TIER_CLAIM', tier || DEFAULT_CLAIMS.tier),
  }
}

function claimName(variable: string, name: string): string {
  if (!isClaimName(name))
    throw new Error(`${variable} has "${name}": give names of claims with letters, digits and . : / @ ~ - _`)
  return name
}

function keysFrom(env: Environment, production: boolean): AuthSettings['keys'] {
  const { AUTH_JWKS_URL: given, AUTH_JWKS_FILE: file } = env
  if (given && file) throw new Error('AUTH_JWKS_URL and AUTH_JWKS_FILE are both set: keep one of them')
  if (file) return { file }
  if (!given) throw new Error("AUTH_JWKS_URL is not set: give the URL of the issuer's keys, or AUTH_JWKS_FILE")
  const url = URL.parse(given)
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.hash !== '')
    throw new Error(`AUTH_JWKS_URL is "${given}": give a URL such as https://issuer.example/jwks.json`)
  // A person who can change the keys on their way can make tokens.
  if (production && url.protocol === 'http:')
    throw new Error(`AUTH_JWKS_URL is "${given}": production accepts keys by https:// only`)
  return { url }
}

function refreshFrom({ AUTH_JWKS_REFRESH: given }: Environment): number {
  const text = given || '60'
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1)
    throw new Error(`AUTH_JWKS_REFRESH is "${text}": give seconds from 1 to 99999`)
  return Number(text)
}

function publicDocsFrom({ AUTH_PUBLIC_DOCS: given }: Environment, production: boolean): boolean {
  const text = given || (production ? 'off' : 'on')
  if (text !== 'on' && text !== 'off') throw new Error(`AUTH_PUBLIC_DOCS is "${text}": give on or off`)
  return text === 'on'
}
