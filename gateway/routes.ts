import { rateLimitFilter } from './client-limit.ts'
import { routeCost } from './dear-limit.ts'
import { answerFilter, transcoder, transcoderFilter } from './filters.ts'
import { guardFilter } from './guard.ts'
import type { Api, ApiMethod } from './http-rules.ts'
import type { GatewaySettings } from './settings.ts'
import { callerFilter, tokenFilter } from './tokens.ts'

/** What no route of the gateway's own needs, and what it does not need either when it is for everybody. */
const always = [guardFilter, transcoderFilter]
const unlessPublic = [callerFilter, rateLimitFilter, tokenFilter]

/** The one virtual host: gRPC paths, to which the transcoder leads REST too, then what the gateway answers itself. */
export function routeConfiguration(api: Api, { auth }: Pick<GatewaySettings, 'auth'>): object {
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
          guestsRoute('/grpc.health.v1.Health/', disabled(...always, ...unlessPublic)),
          ...documentRoutes('/', { body_format: { json_format: collections(api) } }, free),
          ...documentRoutes('/openapi.json', { body: { filename: 'openapi.json' } }, free),
          readOnlyRoute('/healthz', disabled(...always, ...unlessPublic)),
          preflight(),
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
 * A browser's question whether a page of another origin may call. It has no token, and is answered here, as any other
 * method that a path does not know: it leads to no service. One that carries a call of gRPC is no such question.
 * https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
function preflight(): object {
  const present = ['origin', 'access-control-request-method'].map((name) => ({ name, present_match: true }))
  return {
    name: 'preflight',
    match: {
      prefix: '/',
      headers: [
        { name: ':method', string_match: { exact: 'OPTIONS' } },
        ...present,
        { name: 'content-type', present_match: false },
      ],
    },
    direct_response: { status: 404 },
    typed_per_filter_config: disabled(callerFilter, tokenFilter, transcoderFilter),
  }
}

/** The resources' addresses, as the caller names this host. */
function collections(api: Api): Record<string, string> {
  const lists = api.methods.flatMap(({ http }) => /^\/(\w+)$/.exec(http?.verb === 'GET' ? http.template : '') ?? [])
  const names = [...new Set(lists.filter((name) => !name.startsWith('/')))].sort()
  return Object.fromEntries(names.map((name) => [name, `%REQ(:scheme)%://%REQ(:authority)%/${name}`]))
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
      safe_regex: { regex: '/[a-z_]+:watch/?' },
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

/** A document of the gateway itself: read only, and free of limits when it is public. */
function documentRoutes(path: string, content: object, free: object): object[] {
  const readOnly = readOnlyRoute(path, free)
  return [
    {
      ...readOnly,
      match: { ...readOnly.match, headers: [{ name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD' } } }] },
      direct_response: { status: 200, ...content },
      response_headers_to_add: [{ header: { key: 'content-type', value: 'application/json' } }],
    },
    readOnly,
  ]
}

/** Refuses all methods of a path that can only be read. */
function readOnlyRoute(path: string, free: object) {
  return {
    name: path,
    match: path === '/' ? { path } : { safe_regex: { regex: `${path.replaceAll('.', '\\.')}/?` } },
    direct_response: { status: 405 },
    response_headers_to_add: [{ header: { key: 'allow', value: 'GET, HEAD' } }],
    typed_per_filter_config: free,
  }
}

function disabled(...filters: string[]): object {
  return Object.fromEntries(
    filters.map((name) => [
      name,
      { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
    ]),
  )
}
