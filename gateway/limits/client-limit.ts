import type { Api } from '../api.ts'
import type { GatewaySettings } from '../settings.ts'
import { claims } from '../tokens/tokens.ts'
import { expression, type Rules, rateLimit, tokenBucket } from './rate-limit.ts'

export const rateLimitFilter = 'hotel.ratelimit.client'

/** Requests a second of those whose token names this tier; any other is `standard`, which has the setting's rate. */
const tiers = { desk: 20, internal: 1_000 }

/**
 * Requests per client: the subject of its token, by the token's tier; without a valid token its address. Stands before
 * everything that a client could make the gateway work for.
 */
export function clientLimit(settings: GatewaySettings, api: Api): object {
  return rateLimit(rateLimitFilter, api, clientRules(settings), {
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    // Used only when no descriptor came about: all such requests share it, so a gap in the rules below is no way around.
    token_bucket: tokenBucket(settings.requestsPerSecond, '1s'),
  })
}

/** The rules of that limit. */
export function clientRules(settings: GatewaySettings): Rules {
  return {
    policy: 'client-per-second',
    rate_limits: [
      {
        actions: [tier(settings), subject],
      },
      {
        actions: [
          expression('known', isKnown),
          // A provider hands out a /64 of IPv6 to one customer: each of its addresses is the same client.
          { masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 } },
        ],
      },
    ],
    descriptors: [
      ...tierRates(settings).map(([tier, rate]) => ({
        entries: [{ key: 'tier', value: tier }, { key: 'subject' }],
        token_bucket: tokenBucket(rate, '1s'),
      })),
      {
        entries: [{ key: 'known', value: 'false' }, { key: 'masked_remote_address' }],
        token_bucket: tokenBucket(settings.requestsPerSecond, '1s'),
      },
    ],
  }
}

/** Each tier with its requests a second. */
export function tierRates({ requestsPerSecond }: GatewaySettings): (readonly [tier: string, rate: number])[] {
  const others = Object.entries(tiers).map(([tier, rate]) => [tier, Math.max(rate, requestsPerSecond)] as const)
  return [['standard', requestsPerSecond], ...others]
}

/** Whether the request has a valid token. */
const isKnown = `'${claims.filter}' in metadata.filter_metadata`

/** The descriptor's entry of the client's tier. */
export function tier({ auth }: Pick<GatewaySettings, 'auth'>): object {
  return expression('tier', tierOf(auth.claims.tier))
}

/**
 * The tier of the token, `standard` for one that is not known; `-`, which no bucket is for, without a token. An expression
 * that fails makes no descriptor, and so no limit: what may be absent is asked for first.
 */
function tierOf(claim: string): string {
  const token = `metadata.filter_metadata['${claims.filter}']['${claims.key}']`
  const given = Object.keys(tiers).reduceRight(
    (others, tier) => `${token}['${claim}'] == '${tier}' ? '${tier}' : ${others}`,
    `'standard'`,
  )
  return `!(${isKnown}) ? '-' : !('${claim}' in ${token}) ? 'standard' : ${given}`
}

/** The descriptor's entry of the client itself. */
export const subject = {
  metadata: {
    descriptor_key: 'subject',
    metadata_key: { key: claims.filter, path: [{ key: claims.key }, { key: 'sub' }] },
    // Without it what has no subject would not be counted at all.
    default_value: '-',
  },
}
