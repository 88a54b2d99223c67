import type { Api } from '../api.ts'
import type { ConsoleFiles } from '../console/files.ts'
import { consoleRoutes, missingFiles, pageRoutes } from '../console/routes.ts'
import type { Document } from '../envoy/documents.ts'
import { transcoder, transcoderFilter } from '../envoy/filters.ts'
import { connectRoute } from '../envoy/web-protocols.ts'
import { guardFilter } from '../guard/guard.ts'
import { rateLimitFilter } from '../limits/client-limit.ts'
import { sharedClientFilter } from '../limits/shared-limits.ts'
import type { GatewaySettings } from '../settings.ts'
import { callerFilter, tokenFilter } from '../tokens/tokens.ts'
import { byMethod, disabled, documentRoutes, readOnlyRoutes } from './document-routes.ts'
import { endless, grpcOnly, methodRoutes, needlessFilters } from './method-routes.ts'

/** The filters that no route of the gateway itself needs, and those that a public route does not need either. */
const always = [guardFilter, transcoderFilter]
const unlessPublic = ({ rateLimitService }: Pick<GatewaySettings, 'rateLimitService'>) => [
  callerFilter,
  rateLimitFilter,
  ...(rateLimitService === undefined ? [] : [sharedClientFilter]),
  tokenFilter,
]

/** Of what is answered out of a file: the largest is the reference of the API, about 5 MB before it is compressed. */
const LARGEST_FILE = 16_777_216

/** The one virtual host: gRPC paths, to which the transcoder leads REST too, then what the gateway answers itself. */
export function routeConfiguration(
  api: Api,
  settings: Pick<GatewaySettings, 'auth' | 'console' | 'rateLimitService'>,
  documents: readonly Document[],
  pages: ConsoleFiles | undefined,
): object {
  const { auth, console } = settings
  const open = disabled(...always, ...unlessPublic(settings))
  const needless = needlessFilters(api, settings, pages !== undefined)
  const free = auth.publicDocs ? open : disabled(...always)
  return {
    name: 'hotel',
    virtual_hosts: [
      {
        name: 'hotel',
        domains: ['*'],
        routes: [
          malformedHost(open),
          ...['v1', 'v1alpha'].map((version) => guestsRoute(`/grpc.reflection.${version}.ServerReflection/`, free)),
          ...healthRoutes(open),
          eventStreams(api),
          connectRoute(),
          ...api.methods.flatMap((method) => methodRoutes(method, needless)),
          ...(pages === undefined ? [] : [...consoleRoutes(pages, console, open), ...pageRoutes(api, pages)]),
          ...documents.flatMap((document) => documentRoutes(document, document.isOpen ? open : free)),
          ...(pages === undefined ? [] : missingFiles(open)),
          ...readOnlyRoutes('/healthz', open),
          options(),
          { name: 'unknown', match: { prefix: '/' }, direct_response: { status: 404 } },
        ],
      },
    ],
    max_direct_response_body_size_bytes: LARGEST_FILE,
    // 201 for a creation is decided by a filter that runs on the way back; what a client sends is no decision.
    internal_only_headers: ['x-http-code'],
  }
}

/** Several hosts, which Envoy joins by commas, and what is none. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function malformedHost(open: object): object {
  const regex = String.raw`(\[[\da-fA-F:.]+\]|[\w.~%-]+)(:\d*)?`
  return {
    name: 'unknown',
    match: {
      prefix: '/',
      headers: [{ name: ':authority', string_match: { safe_regex: { regex } }, invert_match: true }],
    },
    direct_response: { status: 400 },
    typed_per_filter_config: open,
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
  string_match: { safe_regex: { regex: String.raw`(?i)\s*application/(grpc|connect|proto).*` } },
  invert_match: true,
  treat_missing_header_as_empty: true,
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
