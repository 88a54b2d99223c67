import path from 'node:path'

/** How often the file is read. */
export const KEY_FILE_SECONDS = 1

const NAME = 'key-file'
const FOLDER = '/keys/'
/** In the directory that Envoy runs in. */
const SOCKET = { pipe: { path: 'key-file.socket' } }

/**
 * What serves the issuer's keys out of a file, to Envoy itself and to no other user: its filter for tokens reads a file once,
 * but what it fetches it fetches again, without a restart.
 */
export function keyFileListener(file: string): object {
  return {
    name: NAME,
    address: { pipe: { ...SOCKET.pipe, mode: 0o600 } },
    // However many connections clients hold, the keys are read.
    ignore_global_conn_limit: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: 'key_file',
              codec_type: 'HTTP1',
              // The server of files serves only where there is a route.
              route_config: {
                name: NAME,
                virtual_hosts: [
                  {
                    name: NAME,
                    domains: ['*'],
                    routes: [{ match: { prefix: '/' }, direct_response: { status: 404 } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.file_server',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.file_server.v3.FileServerConfig',
                    manager_config: { thread_pool: { thread_count: 1 } },
                    path_mappings: [
                      { request_path_prefix: FOLDER, file_path_prefix: `${path.dirname(path.resolve(file))}/` },
                    ],
                    default_content_type: 'application/json',
                  },
                },
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

/** The cluster of that listener. */
export function keyFileCluster(name: string): object {
  return {
    name,
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [{ endpoint: { address: SOCKET } }],
        },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http_protocol_options: {} },
      },
    },
  }
}

/** Where it has the file. */
export function keyFileUrl(file: string): string {
  return `http://${NAME}${FOLDER}${encodeURIComponent(path.basename(file))}`
}
