import type { OtlpSettings } from '@hotel/runtime/telemetry/otlp'
import { outsideCluster } from './outside-cluster.ts'

/** The cluster of the collector. */
const COLLECTOR = 'otlp'

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
      // The request of the client; after the transcoder all requests are POST.
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
    name: 'tracing',
    static_layer: {
      'tracing.opentelemetry.min_flush_spans': batchSize,
      'tracing.opentelemetry.flush_interval_ms': batchDelayMs,
    },
  }
}

/** The collector, over HTTP/2 when it is spoken to by gRPC. */
export function collectorCluster({ url, protocol, certificate }: OtlpSettings): object {
  return outsideCluster(COLLECTOR, url, {
    certificate,
    ...(protocol === 'grpc' ? { http2: true, port: 4317 } : {}),
  })
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
