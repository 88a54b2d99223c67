/** A listener beside that of the clients, which takes connections however many these hold: what its manager of HTTP is given. */
type InnerListener = {
  readonly name: string
  readonly address: object
  readonly statPrefix: string
  readonly codec: 'AUTO' | 'HTTP1'
  readonly routes: readonly object[]
  /** Before the router. */
  readonly filters?: readonly object[]
  /** Other fields of the manager. */
  readonly manager?: object
}

/** Makes such a listener, with the same routes for all names of hosts. */
export function innerListener({
  name,
  address,
  statPrefix,
  codec,
  routes,
  filters = [],
  manager,
}: InnerListener): object {
  return {
    name,
    address,
    ignore_global_conn_limit: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: statPrefix,
              codec_type: codec,
              ...manager,
              route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes }] },
              http_filters: [
                ...filters,
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                },
              ],
            },
          },
        ],
      },
    ],
  }
}
