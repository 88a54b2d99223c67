import type { Api, ApiMethod } from '../api.ts'
import type { GatewaySettings } from '../settings.ts'
import { subject, tier as tierEntry, tierRates } from './client-limit.ts'
import { type Limit, type Rules, rateLimit, tokenBucket } from './rate-limit.ts'

/** The limit of expensive calls. */
export const dearLimitFilter = 'hotel.ratelimit.dear'

/**
 * The limit of expensive calls for each client: a call that counts as `cost` requests is possible as often as that many
 * requests would be, at once or later. It has a bucket beside that of all requests, because a bucket of one request
 * could never pay for several, and because the time to its next token is the true `retry-after`. Stands behind the
 * transcoder, where REST and gRPC have the same routes.
 */
export function dearLimit(settings: GatewaySettings, api: Api): object {
  return rateLimit(dearLimitFilter, api, dearRules(settings, api))
}

/** The rules of that limit. */
export function dearRules(settings: GatewaySettings, api: Api): Rules {
  return {
    policy: 'dear-calls',
    rate_limits: [{ actions: [costOfRoute, tierEntry(settings), subject] }],
    descriptors: costsOf(api).flatMap((cost) =>
      tierRates(settings).map(([tier, rate]) => ({
        entries: [{ key: 'cost', value: String(cost) }, { key: 'tier', value: tier }, { key: 'subject' }],
        token_bucket: dearBucket(cost, rate),
      })),
    ),
  }
}

/** The metadata of a route with the cost of its method, for `dearLimit`; empty where a call counts as one request. */
export function routeCost({ cost }: ApiMethod): Record<string, object> {
  return cost > 1 ? { [dearLimitFilter]: { cost: String(cost) } } : {}
}

/** Without a cost at the route there is no descriptor, and so no limit. */
const costOfRoute = {
  metadata: {
    descriptor_key: 'cost',
    source: 'ROUTE_ENTRY',
    metadata_key: { key: dearLimitFilter, path: [{ key: 'cost' }] },
  },
}

/** Each cost above one that a method has: each has a bucket for every client. */
function costsOf(api: Api): number[] {
  return [...new Set(api.methods.map(({ cost }) => cost))].filter((cost) => cost > 1).sort((a, b) => a - b)
}

/** As many calls at once as a second's requests pay for, but one at least; and so many again in the time that they cost. */
function dearBucket(cost: number, rate: number): Limit['token_bucket'] {
  const calls = Math.max(1, Math.floor(rate / cost))
  return tokenBucket(calls, `${((calls * cost) / rate).toFixed(3)}s`)
}
