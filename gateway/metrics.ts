import { innerListener } from './envoy/inner-listener.ts'
import type { Endpoint } from './settings.ts'

const NAME = 'metrics'
/** Answered as long as the process answers, however many connections clients hold. */
const LIVE_PATH = '/live'

/**
 * The listener that serves Envoy's metrics, and nothing else of its administration, which could stop it: that listens on
 * 127.0.0.1 only.
 */
export function metricsListener({ host, port }: Endpoint): object {
  return innerListener({
    name: NAME,
    address: { socket_address: { address: host, port_value: port } },
    statPrefix: NAME,
    codec: 'AUTO',
    manager: { request_headers_timeout: '5s', common_http_protocol_options: { idle_timeout: '60s' } },
    routes: [
      {
        match: { path: '/metrics', headers: [{ name: ':method', string_match: { exact: 'GET' } }] },
        route: { cluster: NAME, timeout: '10s', prefix_rewrite: '/stats/prometheus' },
      },
      { match: { path: LIVE_PATH }, direct_response: { status: 200 } },
      { match: { prefix: '/' }, direct_response: { status: 404 } },
    ],
  })
}

/** The cluster of the administration, from where they come. */
export function metricsCluster(adminPort: number): object {
  return {
    name: NAME,
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: NAME,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } } },
          ],
        },
      ],
    },
  }
}
