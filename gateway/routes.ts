import { rateLimitFilter } from './client-limit.ts'
import { compressorFilters } from './compression.ts'
import { routeCost } from './dear-limit.ts'
import type { Document, DocumentForm } from './documents.ts'
import { answerFilter, transcoder, transcoderFilter } from './filters.ts'
import { guardFilter } from './guard.ts'
import type { Api, ApiMethod } from './http-rules.ts'
import type { GatewaySettings } from './settings.ts'
import { callerFilter, tokenFilter } from './tokens.ts'

/** What no route of the gateway's own needs, and what it does not need either when it is for everybody. */
const always = [guardFilter, transcoderFilter]
const unlessPublic = [callerFilter, rateLimitFilter, tokenFilter]

/** The one virtual host: gRPC paths, to which the transcoder leads REST too, then what the gateway answers itself. */
export function routeConfiguration(
  api: Api,
  { auth }: Pick<GatewaySettings, 'auth'>,
  documents: readonly Document[],
): object {
  const free = auth.publicDocs ? disabled(...always, ...unlessPublic) : disabled(...always)
  return {
    name: 'hotel',
    virtual_hosts: [
      {
        name: 'hotel',
        domains: ['*'],
        routes: [
          malformedHost(),
          eventStreams(api),
          ...api.methods.map(methodRoute),
          ...['v1', 'v1alpha'].map((version) => guestsRoute(`/grpc.reflection.${version}.ServerReflection/`, free)),
          ...healthRoutes(disabled(...always, ...unlessPublic)),
          ...documents.flatMap((document) => documentRoutes(document, free)),
          ...readOnlyRoutes('/healthz', disabled(...always, ...unlessPublic)),
          options(),
          { name: 'unknown', match: { prefix: '/' }, direct_response: { status: 404 } },
        ],
      },
    ],
    max_direct_response_body_size_bytes: 4_194_304,
    // 201 for a creation is decided by a filter that runs on the way back; what a client sends is no decision.
    internal_only_headers: ['x-http-code'],
  }
}

/** Several hosts, which Envoy joins by commas, and what is none. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function malformedHost(): object {
  const regex = String.raw`(\[[\da-fA-F:.]+\]|[\w.~%-]+)(:\d*)?`
  return {
    name: 'unknown',
    match: {
      prefix: '/',
      headers: [{ name: ':authority', string_match: { safe_regex: { regex } }, invert_match: true }],
    },
    direct_response: { status: 400 },
    typed_per_filter_config: disabled(...always, ...unlessPublic),
  }
}

/**
 * The question which methods a path knows, or a browser's whether a page of another origin may call. It has no token, and is
 * answered here: it leads to no service. One that carries a call of gRPC is no such question.
 * https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7, https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
function options(): object {
  return {
    name: 'options',
    match: { prefix: '/', headers: [byMethod('OPTIONS'), withoutGrpc] },
    direct_response: { status: 404 },
    typed_per_filter_config: disabled(callerFilter, tokenFilter, transcoderFilter),
  }
}

const withoutGrpc = {
  name: 'content-type',
  string_match: { prefix: 'application/grpc' },
  invert_match: true,
  treat_missing_header_as_empty: true,
}

/** Methods as a regular expression. */
function byMethod(regex: string): object {
  return { name: ':method', string_match: { safe_regex: { regex } } }
}

/** The longest that a unary call may take. */
const unarySeconds = 15

function methodRoute(method: ApiMethod): object {
  const name = method.path.slice(1)
  const match = { path: method.path, ...grpcOnly }
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

/**
 * Streams as server-sent events for those who accept them. The transcoder takes its form from the first route, that of the
 * request as it came, and then leads to the method's own.
 */
function eventStreams(api: Api): object {
  return {
    name: 'unknown',
    match: {
      safe_regex: { regex: '/[a-z_]+(:|%3[Aa])watch/?' },
      headers: [{ name: 'accept', string_match: { contains: 'text/event-stream', ignore_case: true } }],
    },
    direct_response: { status: 404 },
    typed_per_filter_config: { [transcoderFilter]: transcoder(api, { stream_sse_style_delimited: true }) },
  }
}

/** Calls of gRPC are POST, and the transcoder makes them so: anything else only looks like one. */
const grpcOnly = { grpc: {}, headers: [{ name: ':method', string_match: { exact: 'POST' } }] }

const endless = { timeout: '0s' }

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

/** Any service could describe the whole API; guests is the one that depends on no other. */
function guestsRoute(prefix: string, free: object): object {
  return {
    name: prefix.slice(1, -1),
    match: { prefix, ...grpcOnly },
    route: { ...endless, cluster: 'guests', idle_timeout: '60s' },
    typed_per_filter_config: free,
  }
}

/** Health is answered beside Envoy, which knows how every service is. A watch of it may say nothing for days. */
function healthRoutes(free: object): object[] {
  const route = (method: string, bound: object) => ({
    name: `grpc.health.v1.Health/${method}`,
    match: { path: `/grpc.health.v1.Health/${method}`, ...grpcOnly },
    route: { cluster: 'health', ...bound },
    typed_per_filter_config: free,
  })
  return [route('Check', { timeout: '5s' }), route('Watch', { ...endless, idle_timeout: '0s' })]
}

/** A document of the gateway itself: read only, and free of limits when it is public. */
function documentRoutes({ path, forms }: Document, free: object): object[] {
  const readOnly = readOnlyRoutes(path, { ...free, ...disabled(...compressorFilters) })
  return [...forms.map((form) => formRoute(form, path, free)), ...readOnly]
}

/** A document in the one form, for who accepts its coding. */
function formRoute({ file, etag, coding }: DocumentForm, path: string, free: object): object {
  const regex = String.raw`(.*,)?\s*${coding}\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?(,.*)?`
  const accepted = coding && { name: 'accept-encoding', string_match: { safe_regex: { regex } } }
  const headers = {
    'content-type': 'application/json',
    etag,
    ...(coding && { 'content-encoding': coding }),
    vary: 'accept-encoding',
  }
  return {
    name: path,
    match: { ...pathMatch(path), headers: [byMethod('GET|HEAD'), ...(accepted ? [accepted] : [])] },
    direct_response: { status: 200, body: { filename: file } },
    response_headers_to_add: Object.entries(headers).map(([key, value]) => ({ header: { key, value } })),
    typed_per_filter_config: { ...free, ...disabled(...compressorFilters) },
  }
}

/** Answers OPTIONS for a path that can only be read, and refuses all other methods. */
function readOnlyRoutes(path: string, free: object): object[] {
  const route = {
    name: path,
    match: pathMatch(path),
    response_headers_to_add: [{ header: { key: 'allow', value: 'GET, HEAD, OPTIONS' } }],
    typed_per_filter_config: free,
  }
  return [
    { ...route, match: { ...route.match, headers: [byMethod('OPTIONS')] }, direct_response: { status: 204 } },
    { ...route, direct_response: { status: 405 } },
  ]
}

function pathMatch(path: string): object {
  return path === '/' ? { path } : { safe_regex: { regex: `${path.replaceAll('.', '\\.')}/?` } }
}

function disabled(...filters: string[]): object {
  return Object.fromEntries(
    filters.map((name) => [
      name,
      { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
    ]),
  )
}
