import type { Api } from '../api.ts'
import { errorInfo, statusDetailsHeader } from './grpc-status.ts'

/** A time as Envoy reads it. */
export type Seconds = `${string}s`

/** What is counted by which entries, and how many of it there may be. */
export type Limit = {
  readonly entries: readonly { readonly key: string; readonly value?: string }[]
  readonly token_bucket: TokenBucket
}

type TokenBucket = {
  readonly max_tokens: number
  readonly tokens_per_fill: number
  readonly fill_interval: Seconds
}

/** The rules of a limit: what it is called, the entries that a request has, and the limits of these. */
export type Rules = {
  readonly policy: string
  readonly rate_limits: readonly object[]
  readonly descriptors: readonly Limit[]
}

/** A descriptor's entry with the value of an expression, in the Common Expression Language. */
export function expression(key: string, text: string): object {
  return {
    extension: {
      name: 'envoy.rate_limit_descriptors.expr',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor',
        descriptor_key: key,
        text,
      },
    },
  }
}

/** A limit of this gateway's own, as a filter. */
export function rateLimit(name: string, api: Api, { policy, ...rules }: Rules, more: object = {}): object {
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } }
  return {
    name,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      stat_prefix: name.replaceAll('.', '_'),
      filter_enabled: always,
      filter_enforced: always,
      rate_limited_as_resource_exhausted: true,
      enable_retry_after_header: true,
      always_consume_default_token_bucket: false,
      max_dynamic_descriptors: 100_000,
      response_headers_to_add: refusalHeaders(api, policy),
      ...rules,
      ...more,
    },
  }
}

/** Added to refusals only. A gRPC client reads the reason from the details; REST gets it in the body. */
export function refusalHeaders(api: Api, policy: string): object[] {
  return [
    { header: { key: 'x-ratelimit-policy', value: policy } },
    statusDetailsHeader(api, 8, 'Too many requests.', [errorInfo('RATE_LIMITED', { policy })]),
  ]
}

/** So many at once, and so many again in each interval. */
export function tokenBucket(tokens: number, interval: Seconds): TokenBucket {
  return { max_tokens: tokens, tokens_per_fill: tokens, fill_interval: interval }
}
