import path from 'node:path'
import { innerListener } from '../envoy/inner-listener.ts'

/** How often the file is read. */
export const KEY_FILE_SECONDS = 1

const NAME = 'key-file'
const FOLDER = '/keys/'
/** In the directory that Envoy runs in. */
const SOCKET = { pipe: { path: 'key-file.socket' } }

/**
 * The listener that serves the issuer's keys from a file, to Envoy itself and to no other user: the filter for tokens
 * reads a file once, but fetches a URL again and again, so that new keys need no restart.
 */
export function keyFileListener(file: string): object {
  return innerListener({
    name: NAME,
    address: { pipe: { ...SOCKET.pipe, mode: 0o600 } },
    statPrefix: 'key_file',
    codec: 'HTTP1',
    // The server of files serves only where there is a route.
    routes: [{ match: { prefix: '/' }, direct_response: { status: 404 } }],
    filters: [
      {
        name: 'envoy.filters.http.file_server',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.file_server.v3.FileServerConfig',
          manager_config: { thread_pool: { thread_count: 1 } },
          path_mappings: [{ request_path_prefix: FOLDER, file_path_prefix: `${path.dirname(path.resolve(file))}/` }],
          default_content_type: 'application/json',
        },
      },
    ],
  })
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
