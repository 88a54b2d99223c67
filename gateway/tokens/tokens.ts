import { type AuthSettings, CLOCK_TOLERANCE_SECONDS } from '@hotel/runtime/access/tokens/auth-settings'
import { outsideCluster } from '../envoy/outside-cluster.ts'
import { KEY_FILE_SECONDS, keyFileCluster, keyFileUrl } from './key-file.ts'

/** Finds out who calls, for the limits; lets everybody pass. */
export const callerFilter = 'hotel.jwt.caller'
/** Lets nobody pass without a valid token. */
export const tokenFilter = 'hotel.jwt.demand'

/** Where the claims of a verified token are, for the limits: a filter's metadata, and a key in it. */
export const claims = { filter: 'envoy.filters.http.jwt_authn', key: 'token' } as const

/** The cluster of the issuer's keys. */
const KEYS = 'jwks'

/** Verifies the token if there is one: a request without, or with a bad one, is nobody's, and counted by its address. */
export function callerOf(auth: AuthSettings): object {
  const provider = { ...providerOf(auth), payload_in_metadata: claims.key }
  return filter(callerFilter, provider, {
    requires_any: { requirements: [{ provider_name: 'issuer' }, { allow_missing_or_failed: {} }] },
  })
}

/** Refuses what has no valid token, after it was counted. */
export function tokenDemand(auth: AuthSettings): object {
  return filter(tokenFilter, providerOf(auth), { provider_name: 'issuer' })
}

/** Where the keys are fetched from. */
export function keysCluster({ keys, certificate }: AuthSettings): object {
  return 'file' in keys ? keyFileCluster(KEYS) : outsideCluster(KEYS, keys.url, { certificate })
}

function filter(name: string, provider: object, requires: object): object {
  return {
    name,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
      providers: { issuer: provider },
      // Never `bypass_cors_preflight`: what looks like a preflight may be a call of gRPC. The route of preflights does without.
      rules: [{ match: { prefix: '/' }, requires }],
    },
  }
}

function providerOf({ issuer, audience, keys, refreshSeconds }: AuthSettings): object {
  return {
    issuer,
    audiences: [audience],
    // Without a subject there is nobody to count: such a token is none.
    subjects: { safe_regex: { regex: '.+' } },
    remote_jwks: keysOf(keys, refreshSeconds),
    // The header only: a token in a query would be in logs and histories.
    from_headers: [{ name: 'authorization', value_prefix: 'Bearer ' }],
    forward: true,
    require_expiration: true,
    clock_skew_seconds: CLOCK_TOLERANCE_SECONDS,
    jwt_cache_config: { jwt_cache_size: 1_000 },
  }
}

function keysOf(keys: AuthSettings['keys'], refreshSeconds: number): object {
  const isFile = 'file' in keys
  return {
    http_uri: { uri: isFile ? keyFileUrl(keys.file) : keys.url.href, cluster: KEYS, timeout: '5s' },
    cache_duration: `${isFile ? KEY_FILE_SECONDS : refreshSeconds}s`,
    // Before the first request, which waits for it, and again before they are too old. The file's listener begins with the
    // other: its first fetch fails, and is soon tried again.
    async_fetch: isFile ? { fast_listener: true, failed_refetch_duration: '0.1s' } : { failed_refetch_duration: '1s' },
  }
}
