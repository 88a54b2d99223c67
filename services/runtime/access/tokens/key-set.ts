import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import type { Logger } from '../../process/log.ts'
import type { AuthSettings } from './auth-settings.ts'
import { openFreshFile } from './fresh-file.ts'
import { type Jwks, readJwks, refuseDevelopment } from './jwks.ts'

/** The issuer's keys as they are now. */
export type KeySet = {
  /** Finds the key of a token; throws KeysUnavailable when the issuer must be asked and does not answer. */
  readonly find: JWTVerifyGetKey
  /** Another value after each change of the keys: what was verified before is to be verified again. */
  version(): Promise<unknown>
  close(): void
}

/** The issuer's keys can not be had now. */
export class KeysUnavailable extends Error {}

/** The longest time in which a token with a key that is not known has the keys fetched only once. */
const COOLDOWN_SECONDS = 30
const FETCH_MS = 5_000

/** Opens the keys that the settings name; throws for a file that holds none, and for development's keys in production. */
export async function openKeySet(settings: AuthSettings, log: Logger): Promise<KeySet> {
  const { keys } = settings
  return 'file' in keys ? fromFile(keys.file, settings, log) : fromUrl(keys.url, settings, log)
}

function fromFile(name: string, settings: AuthSettings, log: Logger): KeySet {
  const parse = (text: string) => createLocalJWKSet(readJwks(text, settings) as unknown as JSONWebKeySet)
  const file = named('AUTH_JWKS_FILE', () => openFreshFile(name, parse, log))
  return {
    async find(header, token) {
      const keys = await file.current()
      try {
        return await keys(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        return (await file.reread())(header, token)
      }
    },
    version: file.current,
    close() {},
  }
}

function named<T>(variable: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw new Error(`${variable} ${(error as Error).message}`)
  }
}

/** Keys stay good while the issuer is away: they are fetched anew by the clock, and not because they are old. */
async function fromUrl(url: URL, { refreshSeconds, production }: AuthSettings, log: Logger): Promise<KeySet> {
  const cache: JWKSCacheInput = {}
  const remote = createRemoteJWKSet(url, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Math.min(COOLDOWN_SECONDS, refreshSeconds) * 1_000,
    timeoutDuration: FETCH_MS,
    [jwksCache]: cache,
  })
  const refresh = () =>
    remote
      .reload()
      .catch((error: Error) => log.warn({ url: url.href, err: reasonOf(error) }, "the issuer's keys cannot be fetched"))
  await refresh()
  if (production && cache.jwks !== undefined) {
    const { jwks } = cache
    // Only at the start: what comes later with such a key is refused token by token.
    named('AUTH_JWKS_URL', () => refuseDevelopment(jwks as unknown as Jwks))
  }
  const timer = setInterval(refresh, refreshSeconds * 1_000).unref()
  return {
    async find(header, token) {
      try {
        return await remote(header, token)
      } catch (error) {
        if (KNOWN_FAULTS.some((fault) => error instanceof fault)) throw error
        throw new KeysUnavailable(reasonOf(error as Error))
      }
    },
    version: async () => cache.uat,
    close: () => clearInterval(timer),
  }
}

/** Faults of a token rather than of the way to the keys. */
const KNOWN_FAULTS = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSInvalid,
  errors.JOSENotSupported,
] as const

function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
