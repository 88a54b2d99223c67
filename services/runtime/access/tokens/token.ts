import { errors, type JWTPayload, jwtVerify } from 'jose'
import { Status } from 'nice-grpc'
import type { Caller, Hotels } from '../../call/caller.ts'
import { Refusal } from '../../errors/refusal.ts'
import { RecentMap } from '../../process/recent-map.ts'
import { type AuthSettings, CLOCK_TOLERANCE_SECONDS } from './auth-settings.ts'
import { type ClaimNames, claimOf, wordsOf } from './claims.ts'
import { isOfDevelopment } from './jwks.ts'
import { type KeySet, KeysUnavailable } from './key-set.ts'

/** A token that is accepted. */
export type Token = {
  readonly caller: Caller
  /** From when on it is accepted no more, in milliseconds since 1970. */
  readonly expires: number
}

/** Signatures by private keys only: what is shared, or no signature at all, proves nothing. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
/** Verifying takes longer than a call that finds all it needs in memory: what was verified is known for some time. */
const MOST_KNOWN = 1_000
const LONGEST_SUBJECT = 255
/** Actors that no caller may pass for. */
const RESERVED = new Set(['system', 'anonymous'])

/**
 * Verifies the values of a call's `authorization` as a JWT bearer token (RFC 6750, RFC 8725). Throws UNAUTHENTICATED, and
 * UNAVAILABLE when the issuer's keys can not be had.
 */
export type Verify = (authorization: readonly (string | Buffer)[]) => Promise<Token>

/** Makes the Verify of an issuer's tokens. */
export function tokenVerifier(settings: AuthSettings, keys: KeySet): Verify {
  const known = new RecentMap<string, Token>(MOST_KNOWN)
  let version: unknown
  return async (authorization) => {
    const text = bearer(authorization)
    const now = await keys.version()
    if (now !== version) known.clear()
    version = now
    const before = known.get(text)
    if (before !== undefined && Date.now() < before.expires) return before
    const token = await verified(text, settings, keys)
    // The keys may have been replaced since: others have learnt of it then, and this is not to outlive those it is of.
    if (version !== now) return token
    known.set(text, token)
    return token
  }
}

function bearer(authorization: readonly (string | Buffer)[]): string {
  const [value, ...others] = authorization
  if (value === undefined) throw unauthenticated('a token is required: send `authorization: Bearer` with one')
  // A scheme's name is written in any case: RFC 9110, 11.1.
  const [, text] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(String(value)) ?? []
  if (text === undefined || others.length > 0)
    throw unauthenticated('the authorization is not a signed token: send `Bearer` and a JWT, once')
  return text
}

async function verified(
  text: string,
  { issuer, audience, production, claims }: AuthSettings,
  keys: KeySet,
): Promise<Token> {
  try {
    const { payload, protectedHeader } = await jwtVerify(text, keys.find, {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    if (production && isOfDevelopment(protectedHeader.kid))
      throw unauthenticated('the token comes from a development issuer, which is not accepted here')
    return { caller: callerOf(payload, claims), expires: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1_000 }
  } catch (error) {
    throw refusalOf(error)
  }
}

function callerOf(payload: JWTPayload, claims: ClaimNames): Caller {
  const { sub = '' } = payload
  if (!isSubject(sub))
    throw unauthenticated(`the token's sub is not 1 to ${LONGEST_SUBJECT} characters without control characters`)
  if (RESERVED.has(sub)) throw unauthenticated(`the token's sub is a name that the suite reserves for itself`)
  const scopes = claims.scopes.flatMap((name) => {
    const words = wordsOf(claimOf(payload, name))
    if (words === undefined)
      throw unauthenticated(`the token's ${name} is neither a text of scopes separated by spaces nor a list of scopes`)
    return words
  })
  return Object.freeze({ subject: sub, scopes: new Set(scopes), hotels: hotelsOf(payload, claims.hotels) })
}

function isSubject(sub: unknown): sub is string {
  return typeof sub === 'string' && sub !== '' && [...sub].length <= LONGEST_SUBJECT && !/\p{Cc}/u.test(sub)
}

/** No hotel unless they are named; `*` is every one. */
function hotelsOf(payload: JWTPayload, name: string): Hotels {
  const hotels = wordsOf(claimOf(payload, name))
  if (hotels === undefined) throw unauthenticated(`the token's ${name} is neither "*" nor a list of hotel ids`)
  return hotels.includes('*') ? 'every' : new Set(hotels)
}

function refusalOf(error: unknown): unknown {
  if (error instanceof KeysUnavailable)
    return new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', "the issuer's keys are not available now: repeat later")
  if (error instanceof errors.JWTExpired) return expired()
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(reasonOf(error))
  if (error instanceof errors.JOSEError) return unauthenticated('the token is not signed by a key that is accepted')
  return error
}

function reasonOf({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `the token has no ${claim}`
  if (claim === 'nbf') return 'the token is not valid yet'
  return `the token's ${claim} is not the one that is accepted`
}

/** Why a call, or a stream that began in time, is refused. */
export function expired(): Refusal {
  return unauthenticated('the token has expired: get a new one')
}

function unauthenticated(message: string): Refusal {
  return new Refusal(Status.UNAUTHENTICATED, 'UNAUTHENTICATED', message)
}
