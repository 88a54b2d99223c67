import type { Api, ApiMethod } from '../api.ts'
import { pageFilter } from '../console/negotiation.ts'
import { compressorFilters } from '../envoy/compression.ts'
import { answerFilter, transcoderFilter } from '../envoy/filters.ts'
import { callTypes, webFilterNames } from '../envoy/web-protocols.ts'
import { dearLimitFilter, routeCost } from '../limits/dear-limit.ts'
import { extractionFilter, statusCheckFilter, statusLimitFilter, statusMethods } from '../limits/limits.ts'
import { sharedDearFilter, sharedStatusFilter } from '../limits/shared-limits.ts'
import type { GatewaySettings } from '../settings.ts'
import { byMethod, disabled } from './document-routes.ts'

/** Calls of gRPC are POST, and the transcoder makes them so: anything else only looks like one. */
export const grpcOnly = matchOf(callTypes)

/** Those that are gRPC from the beginning, or have become so. */
const grpcItself = matchOf(String.raw`application/grpc(\+.*)?`)

function matchOf(types: string) {
  return { headers: [byMethod('POST'), { name: 'content-type', string_match: { safe_regex: { regex: types } } }] }
}

/** Of a route whose answers have no end. */
export const endless = { timeout: '0s' }

/** The longest that a unary call may take. */
const unarySeconds = 15

/** The filters that calls of gRPC do without: all of them, and those of each method that has no use for a limit. */
export type Needless = { readonly always: readonly string[]; of(method: ApiMethod): readonly string[] }

/** What only REST, browsers and the other protocols need, and the limits that a method does not have. */
export function needlessFilters(
  api: Api,
  { rateLimitService }: Pick<GatewaySettings, 'rateLimitService'>,
  hasPages: boolean,
): Needless {
  const changeStatus = new Set(statusMethods(api))
  const own = (filters: readonly string[], shared: string) =>
    rateLimitService === undefined ? filters : [...filters, shared]
  const dear = own([dearLimitFilter], sharedDearFilter)
  const status = own([extractionFilter, statusCheckFilter, statusLimitFilter], sharedStatusFilter)
  return {
    always: [
      ...webFilterNames,
      ...(hasPages ? [pageFilter] : []),
      ...compressorFilters,
      answerFilter,
      transcoderFilter,
    ],
    of: (method) => [...(method.cost > 1 ? [] : dear), ...(changeStatus.has(method) ? [] : status)],
  }
}

/**
 * The routes of a method. A call that comes as gRPC has a route of its own, which leaves out the filters that it does not
 * need: they take a quarter of Envoy's time for it. Which filters a request has is decided by its first route, so that
 * the calls of others keep theirs when they become gRPC.
 */
export function methodRoutes(method: ApiMethod, needless: Needless): object[] {
  const leaveOut = disabled(...needless.always, ...needless.of(method))
  return [{ ...methodRoute(method, grpcItself), typed_per_filter_config: leaveOut }, methodRoute(method, grpcOnly)]
}

function methodRoute(method: ApiMethod, calls: typeof grpcOnly): object {
  const name = method.path.slice(1)
  const match = { path: method.path, ...calls }
  if (method.kind === 'stream') {
    // Watches send a sign of life every few seconds; silence for a minute is a dead peer, or a reader who stands still.
    return {
      name,
      match,
      route: { ...endless, cluster: method.service, retry_policy: retries(method), idle_timeout: '60s' },
      metadata: { filter_metadata: { [answerFilter]: { stream: true }, ...routeCost(method) } },
    }
  }
  return {
    name,
    match,
    route: {
      cluster: method.service,
      retry_policy: retries(method),
      // The service is told the time that it has and ends the call itself; this is the net behind it. Beside
      // `max_stream_duration` a route's own `timeout` does not act, and the header's limit only where a client sent one.
      max_stream_duration: { max_stream_duration: `${unarySeconds + 1}s`, grpc_timeout_header_max: `${unarySeconds}s` },
    },
    metadata: { filter_metadata: routeCost(method) },
    request_headers_to_add: [
      { header: { key: 'grpc-timeout', value: `${unarySeconds}S` }, append_action: 'ADD_IF_ABSENT' },
    ],
  }
}

const repeatedOn = {
  // A write is repeated only when it can not have reached the service.
  write: 'connect-failure,refused-stream',
  read: 'unavailable,connect-failure,refused-stream,reset',
  // One that has begun is never repeated. Another instance may have room for it.
  stream: 'unavailable,connect-failure,refused-stream,reset,resource-exhausted',
} as const

function retries(method: ApiMethod): object {
  return {
    retry_on: repeatedOn[method.kind],
    num_retries: 2,
    host_selection_retry_max_attempts: 5,
    retry_host_predicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
        },
      },
    ],
  }
}
