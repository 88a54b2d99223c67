import type { Api } from '../api.ts'
import type { ConsoleFiles } from '../console/files.ts'
import { signInCluster } from '../console/sign-in.ts'
import { healthCluster } from '../health/health-cluster.ts'
import { limitsCluster } from '../limits/shared-limits.ts'
import { metricsCluster, metricsListener } from '../metrics.ts'
import { localReplies } from '../replies/local-replies.ts'
import { routeConfiguration } from '../routes/routes.ts'
import type { GatewaySettings } from '../settings.ts'
import { keyFileListener } from '../tokens/key-file.ts'
import { keysCluster } from '../tokens/tokens.ts'
import { clusters } from './clusters.ts'
import type { Document } from './documents.ts'
import { httpFilters } from './filters.ts'
import { layeredRuntime, overloadManager } from './overload.ts'
import { collectorCluster, tracing } from './tracing.ts'
import { webFilter, webKey } from './web-protocols.ts'

/**
 * Bounds what one request may make the gateway hold, and so the size of a body, or of a message with gRPC's five bytes
 * before it. Over HTTP/2 the window of a stream is this bound.
 */
const LARGEST_REQUEST = 65_536 + 5

/** Envoy's whole configuration. File names in it are relative to the directory that Envoy is started in. */
export function bootstrap(
  settings: GatewaySettings,
  api: Api,
  documents: readonly Document[],
  pages?: ConsoleFiles,
): object {
  const { otlp, auth, console, metricsAddress, rateLimitService } = settings
  const { keys } = auth
  return {
    node: { id: 'gateway', cluster: 'gateway' },
    admin: {
      address: { socket_address: { address: '127.0.0.1', port_value: settings.adminPort } },
      // The operator can connect even when all other connections are refused.
      ignore_global_conn_limit: true,
    },
    static_resources: {
      listeners: [
        listener(settings, routeConfiguration(api, settings, documents, pages), api, pages !== undefined),
        ...('file' in keys ? [keyFileListener(keys.file)] : []),
        ...(metricsAddress === undefined ? [] : [metricsListener(metricsAddress)]),
      ],
      clusters: [
        ...clusters(settings),
        healthCluster(),
        ...(console.developmentSignIn ? [signInCluster()] : []),
        keysCluster(settings.auth),
        ...(otlp === undefined ? [] : [collectorCluster(otlp)]),
        ...(rateLimitService === undefined ? [] : [limitsCluster(rateLimitService)]),
        ...(metricsAddress === undefined ? [] : [metricsCluster(settings.adminPort)]),
      ],
    },
    layered_runtime: layeredRuntime(otlp),
    overload_manager: overloadManager(settings.maxConnections),
    // Half of the heap is free once the configuration is read: it goes back to the system bit by bit, as what a burst needed does.
    memory_allocator_manager: { bytes_to_release: 4 * 1_048_576, memory_release_interval: '1s' },
  }
}

function listener(settings: GatewaySettings, routes: object, api: Api, hasPages: boolean): object {
  return {
    name: 'hotel',
    address: { socket_address: { address: settings.address, port_value: settings.port } },
    per_connection_buffer_limit_bytes: LARGEST_REQUEST,
    filter_chains: [
      {
        filters: [
          { name: 'envoy.filters.network.http_connection_manager', typed_config: hcm(settings, routes, api, hasPages) },
        ],
      },
    ],
  }
}

function hcm(settings: GatewaySettings, routes: object, api: Api, hasPages: boolean): object {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'hotel',
    codec_type: 'AUTO',
    // Says nothing of what answers.
    server_header_transformation: 'PASS_THROUGH',
    // The client's address is that of the connection, whatever x-forwarded-for says.
    use_remote_address: true,
    early_header_mutation_extensions: [removeInternalHeaders()],
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    common_http_protocol_options: {
      // request.lua drops or refuses them, with an answer.
      headers_with_underscores_action: 'ALLOW',
      max_headers_count: 100,
      idle_timeout: '300s',
    },
    max_request_headers_kb: 60,
    request_headers_timeout: '10s',
    // Ends a request whose body only drips in. Of a stream it is over once the answer begins.
    request_timeout: '15s',
    stream_idle_timeout: '30s',
    // Methods that nobody has heard of get the same 405 as others, and not an answer about the form of the request.
    http_protocol_options: { allow_custom_methods: true },
    http2_protocol_options: {
      max_concurrent_streams: 100,
      initial_stream_window_size: LARGEST_REQUEST,
      initial_connection_window_size: 1_048_576,
      // A client that disappeared without closing its connection does not keep a watch for long.
      connection_keepalive: { interval: '30s', timeout: '20s' },
    },
    preserve_external_request_id: true,
    always_set_request_id_in_response: true,
    request_id_extension: unchangedRequestIds(),
    route_config: routes,
    http_filters: httpFilters(settings, api, hasPages),
    local_reply_config: localReplies(api),
    access_log: [accessLog(settings)],
    ...(settings.otlp === undefined ? {} : { tracing: tracing(settings.otlp) }),
  }
}

/** Tracing would write its decision into the id, which then is not the one that the client sent. */
function unchangedRequestIds(): object {
  return {
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
      pack_trace_reason: false,
      use_request_id_for_trace_sampling: false,
    },
  }
}

/** Headers that Envoy or the services believe come from here; a client's are dropped before anything reads them. */
function removeInternalHeaders(): object {
  const prefixes = ['x-envoy-', 'x-forwarded-', 'x-real-', 'x-hotel-', 'x-http-code', 'forwarded', 'grpc-status']
  return {
    name: 'envoy.http.early_header_mutation.header_mutation',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
      mutations: prefixes.map((prefix) => ({ remove_on_match: { key_matcher: { prefix } } })),
    },
  }
}

/**
 * One JSON line a request on stdout, with the keys of the services' lines. Queries hold page tokens and names: the path is
 * logged without.
 */
function accessLog({ otlp }: GatewaySettings): object {
  return {
    name: 'envoy.access_loggers.stdout',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
      log_format: {
        json_format: {
          service: 'gateway',
          time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
          request_id: '%REQ(x-request-id):255%',
          ...(otlp === undefined ? { traceparent: '%REQ(traceparent):55%' } : { trace_id: '%TRACE_ID%' }),
          http_method: '%REQ(x-envoy-original-method?:method)%',
          path: '%PATH(NQ:ORIG_OR_PATH)%',
          protocol: '%PROTOCOL%',
          method: '%ROUTE_NAME%',
          status: '%RESPONSE_CODE%',
          web_protocol: `%DYNAMIC_METADATA(${webFilter}:${webKey})%`,
          // Of gRPC, in one of the places; the operator GRPC_STATUS would invent one for REST.
          grpc_status: `%RESP(grpc-status)%%TRAILER(grpc-status)%%DYNAMIC_METADATA(${webFilter}:status)%`,
          details: '%RESPONSE_CODE_DETAILS%',
          flags: '%RESPONSE_FLAGS%',
          ms: '%DURATION%',
          received: '%BYTES_RECEIVED%',
          sent: '%BYTES_SENT%',
          upstream: '%UPSTREAM_HOST%',
          client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
        },
        omit_empty_values: true,
      },
    },
  }
}
