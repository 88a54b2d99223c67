import type { ServiceName } from '@hotel/runtime/process/service-names'
import { LIVE } from '@hotel/runtime/server/health'
import type { Api } from '../api.ts'

/** In the directory that Envoy runs in: where health is answered, and the file with the names that it is known by. */
export const HEALTH_SOCKET = 'health.socket'
export const HEALTH_NAMES = 'health.json'

/**
 * The names under which health can be asked about, each with the service process that must answer, `all` of them, or `live`
 * for Envoy alone.
 */
export type HealthNames = Readonly<Record<string, ServiceName | 'all' | 'live'>>

/** The full names of all services that the gateway routes, the empty one of the whole, and the one of the gateway itself. */
export function healthNames(api: Api): HealthNames {
  return {
    '': 'all',
    [LIVE]: 'live',
    'grpc.health.v1.Health': 'all',
    'grpc.reflection.v1.ServerReflection': 'guests',
    'grpc.reflection.v1alpha.ServerReflection': 'guests',
    ...Object.fromEntries(api.methods.map(({ desc, service }) => [desc.parent.typeName, service])),
  }
}

/** The cluster of what answers health-server.ts. */
export function healthCluster(): object {
  return {
    name: 'health',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'health',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: HEALTH_SOCKET } } } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }
}
