import { isIP } from 'node:net'
import type { OtlpSettings } from '@hotel/runtime/otlp'

/** The cluster of the collector. */
const COLLECTOR = 'otlp'

/** Where distributions keep the certificates that everybody trusts, Debian's and distroless images among them. */
const SYSTEM_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/**
 * How the gateway records and exports its steps of traces: one for the request, and within it one for each attempt to
 * have it answered, which the service continues.
 */
export function tracing(settings: OtlpSettings): object {
  return {
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
        ...exporter(settings),
        service_name: settings.serviceName ?? 'gateway',
        sampler: samplerOf(settings),
        ...resource(settings),
      },
    },
    spawn_upstream_span: true,
    // Names of methods: paths hold ids, and whatever a client makes up.
    operation: '%ROUTE_NAME%',
    upstream_operation: '%ROUTE_NAME%',
    // Queries hold names of guests, and the tag cuts no query off.
    max_path_tag_length: 0,
    custom_tags: [
      // What the client asked; behind the transcoder all are POST.
      { tag: 'http.method', value: '%REQ(x-envoy-original-method?:method)%' },
      { tag: 'hotel.request_id', value: '%REQ(x-request-id):255%' },
      // A client's address is in the access log only.
      { tag: 'peer.address', literal: { value: '-' } },
    ],
  }
}

/** How many steps are exported at once, and when at the latest. */
export function tracingRuntime({ batchSize, batchDelayMs }: OtlpSettings): object {
  return {
    layers: [
      {
        name: 'tracing',
        static_layer: {
          'tracing.opentelemetry.min_flush_spans': batchSize,
          'tracing.opentelemetry.flush_interval_ms': batchDelayMs,
        },
      },
    ],
  }
}

/** The collector, over HTTP/2 when it is spoken to by gRPC. */
export function collectorCluster({ url, protocol, certificate }: OtlpSettings): object {
  const port = url.port === '' ? defaultPort(url, protocol) : Number(url.port)
  // Brackets belong to an IPv6 address in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    name: COLLECTOR,
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_PREFERRED',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: COLLECTOR,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: port } } } }] },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: protocol === 'grpc' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
      },
    },
    ...(url.protocol === 'https:' ? { transport_socket: tls(host, certificate) } : {}),
  }
}

function exporter({ url, protocol, headers, timeoutMs }: OtlpSettings): object {
  const timeout = `${timeoutMs / 1_000}s`
  const pairs = Object.entries(headers).map(([key, value]) => ({ key, value }))
  if (protocol === 'grpc')
    return { grpc_service: { envoy_grpc: { cluster_name: COLLECTOR }, timeout, initial_metadata: pairs } }
  return {
    http_service: {
      http_uri: { uri: url.href, cluster: COLLECTOR, timeout },
      request_headers_to_add: pairs.map((header) => ({ header })),
    },
  }
}

function samplerOf({ sampler, ratio }: OtlpSettings): object {
  const [, kind] = /^parentbased_(.*)$/.exec(sampler) ?? []
  if (kind === undefined) return root(sampler, ratio)
  return extension('parent_based', 'ParentBasedSamplerConfig', { wrapped_sampler: root(kind, ratio) })
}

function root(kind: string, ratio: number): object {
  if (kind === 'always_on') return extension('always_on', 'AlwaysOnSamplerConfig', {})
  const share = kind === 'always_off' ? 0 : Math.round(ratio * 1_000_000)
  return extension('trace_id_ratio_based', 'TraceIdRatioBasedSamplerConfig', {
    sampling_percentage: { numerator: share, denominator: 'MILLION' },
  })
}

function extension(name: string, message: string, fields: object): object {
  return {
    name: `envoy.tracers.opentelemetry.samplers.${name}`,
    typed_config: {
      '@type': `type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.${message}`,
      ...fields,
    },
  }
}

function resource({ resource }: OtlpSettings): object {
  if (Object.keys(resource).length === 0) return {}
  return {
    resource_detectors: [
      {
        name: 'envoy.tracers.opentelemetry.resource_detectors.static_config',
        typed_config: {
          '@type':
            'type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig',
          attributes: resource,
        },
      },
    ],
  }
}

function tls(host: string, certificate = SYSTEM_CERTIFICATES): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      ...(isIP(host) === 0 ? { sni: host } : {}),
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: certificate },
          match_typed_subject_alt_names: [
            { san_type: isIP(host) === 0 ? 'DNS' : 'IP_ADDRESS', matcher: { exact: host } },
          ],
        },
      },
    },
  }
}

function defaultPort(url: URL, protocol: OtlpSettings['protocol']): number {
  if (protocol === 'grpc') return 4317
  return url.protocol === 'https:' ? 443 : 80
}
