import type { OtlpSettings } from '@hotel/runtime/telemetry/otlp'
import { tracingRuntime } from './tracing.ts'

/** Three quarters of what its container has. */
const HEAP_BYTES = 384 * 1024 * 1024

/** The steps by which the gateway sheds load when it has too much to do, instead of failing for everybody. */
export function overloadManager(maxConnections: number): object {
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      monitor('fixed_heap', 'fixed_heap.v3.FixedHeapConfig', { max_heap_size_bytes: HEAP_BYTES }),
      monitor('global_downstream_max_connections', 'downstream_connections.v3.DownstreamConnectionsConfig', {
        max_active_downstream_connections: maxConnections,
      }),
    ],
    // Streams are charged for what is buffered for them, from 64 KiB on: the largest go first.
    buffer_factory_config: { minimum_account_to_track_power_of_two: 16 },
    actions: [
      action('shrink_heap', { threshold: { value: 0.8 } }),
      action('disable_http_keepalive', { threshold: { value: 0.85 } }),
      action('reset_high_memory_stream', { scaled: { scaling_threshold: 0.85, saturation_threshold: 0.95 } }),
      action('stop_accepting_requests', { threshold: { value: 0.95 } }),
      action('stop_accepting_connections', { threshold: { value: 0.98 } }),
    ],
  }
}

/** Envoy's switches that only its runtime has. */
export function layeredRuntime(otlp: OtlpSettings | undefined): object {
  return {
    layers: [
      {
        name: 'edge',
        static_layer: {
          // One connection's burst of requests makes room for those of others, and for answers: with ten, calls that had been read waited
          // for seconds on a busy machine, until their time was over.
          'http.max_requests_per_io_cycle': 1,
          // After so many streams a connection on which most are reset within a second is closed (CVE-2023-44487).
          'overload.premature_reset_total_stream_count': 200,
          'overload.premature_reset_min_stream_lifetime_seconds': 1,
        },
      },
      ...(otlp === undefined ? [] : [tracingRuntime(otlp)]),
    ],
  }
}

function monitor(name: string, message: string, fields: object): object {
  return {
    name: `envoy.resource_monitors.${name}`,
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.resource_monitors.${message}`, ...fields },
  }
}

function action(name: string, trigger: object): object {
  return {
    name: `envoy.overload_actions.${name}`,
    triggers: [{ name: 'envoy.resource_monitors.fixed_heap', ...trigger }],
  }
}
