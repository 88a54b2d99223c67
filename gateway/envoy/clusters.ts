import { type ServiceName, serviceNames } from '@hotel/runtime/process/service-names'
import { type GatewaySettings, parseEndpoint } from '../settings.ts'

/** One cluster for each service, over all its replicas. */
export function clusters(settings: GatewaySettings): object[] {
  return serviceNames.map((name) => cluster(name, settings.endpoints[name]))
}

const streamWindow = 65_536
const streamsOnConnection = 256

function cluster(name: ServiceName, endpoints: readonly string[]): object {
  return {
    name,
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_PREFERRED',
    connect_timeout: '1s',
    // The bytes of one connection's answers that are buffered here before the service has to wait.
    per_connection_buffer_limit_bytes: 65_536,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: endpoints.map((endpoint) => ({ endpoint: { address: address(endpoint, name) } })) }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: {
          http2_protocol_options: {
            // A dead peer that sends no FIN is noticed by the pings, also under a stream that is silent.
            connection_keepalive: { interval: '15s', timeout: '5s' },
            // The bytes that are buffered here for one reader that stops reading; even if all readers of the connection
            // stop, it still flows.
            initial_stream_window_size: streamWindow,
            initial_connection_window_size: streamWindow * streamsOnConnection,
            max_concurrent_streams: streamsOnConnection,
          },
        },
      },
    },
    health_checks: [
      {
        timeout: '1s',
        interval: '2s',
        no_traffic_interval: '2s',
        unhealthy_interval: '1s',
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        grpc_health_check: {},
      },
    ],
    // With no healthy replica left calls go to all of them: one that drains still answers, and so does one that has just
    // started, before the next health check says so. (With a threshold of 0 restarting two replicas, one as soon as the
    // other was ready, failed all calls for up to a second: seen.) One that is down refuses the connection: 503.
    common_lb_config: { healthy_panic_threshold: { value: 1 } },
    // Ejects a replica whose connections fail, between two health checks; what it answers is its own business.
    outlier_detection: {
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 3,
      enforcing_consecutive_local_origin_failure: 100,
      enforcing_consecutive_5xx: 0,
      enforcing_consecutive_gateway_failure: 0,
      enforcing_success_rate: 0,
      enforcing_local_origin_success_rate: 0,
      interval: '1s',
      base_ejection_time: '2s',
      max_ejection_percent: 100,
    },
    // Watches are long: the bound on requests is what keeps a flood out of the services.
    circuit_breakers: {
      thresholds: [{ max_connections: 64, max_pending_requests: 1024, max_requests: 4096, max_retries: 100 }],
    },
  }
}

function address(endpoint: string, name: ServiceName): object {
  const { host, port } = parseEndpoint(endpoint, `endpoint of ${name}`)
  return { socket_address: { address: host, port_value: port } }
}
