import { isIP } from 'node:net'

/** Where distributions keep the certificates that everybody trusts, Debian's and distroless images among them. */
const SYSTEM_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

type Outside = {
  /** Spoken to by HTTP/2 alone, as gRPC is. */
  readonly http2?: boolean
  /** File of the certificates that are trusted instead of the system's. */
  readonly certificate?: string | undefined
  /** When the URL names none, instead of the protocol's own. */
  readonly port?: number
}

/** A cluster of the one host that a URL names, outside the suite, by TLS when it is an https:// URL. */
export function outsideCluster(name: string, url: URL, { http2 = false, certificate, port }: Outside): object {
  const isSecure = url.protocol === 'https:'
  // Brackets belong to an IPv6 address in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const address = { address: host, port_value: Number(url.port) || (port ?? (isSecure ? 443 : 80)) }
  return {
    name,
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_PREFERRED',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: address } } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: http2 ? { http2_protocol_options: {} } : { http_protocol_options: {} },
      },
    },
    ...(isSecure ? { transport_socket: tls(host, certificate) } : {}),
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
