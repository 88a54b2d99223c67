import { stringify } from 'yaml'
import type { Api } from '../api.ts'
import type { Endpoint, GatewaySettings } from '../settings.ts'
import { clientRules, rateLimitFilter } from './client-limit.ts'
import { dearLimitFilter, dearRules } from './dear-limit.ts'
import { statusLimitFilter, statusRules } from './limits.ts'
import { type Limit, type Rules, refusalHeaders, type Seconds } from './rate-limit.ts'

/** The cluster of Envoy's rate limit service. */
const CLUSTER = 'limits'
/** What its numbers are filed under there. */
const DOMAIN = 'hotel'

/** The limit of requests that all gateways share, which public routes do without. */
export const sharedClientFilter = `${rateLimitFilter}.shared`
/** Those of expensive calls and of changes of status that all gateways share. */
export const sharedDearFilter = `${dearLimitFilter}.shared`
export const sharedStatusFilter = `${statusLimitFilter}.shared`

/**
 * The filters that count at Envoy's rate limit service, which all gateways ask: each stands behind the gateway's own limit of
 * the same rules, which goes on when the service is away. They count what goes to a service; what a gateway answers itself
 * counts at that gateway only. None without a service.
 */
export function sharedLimits(settings: GatewaySettings, api: Api): Record<'client' | 'dear' | 'status', object[]> {
  if (settings.rateLimitService === undefined) return { client: [], dear: [], status: [] }
  return {
    client: [shared(sharedClientFilter, api, clientRules(settings))],
    dear: [shared(sharedDearFilter, api, dearRules(settings, api))],
    status: [shared(sharedStatusFilter, api, statusRules(settings))],
  }
}

function shared(name: string, api: Api, { policy, rate_limits }: Rules): object {
  return {
    name,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit',
      domain: DOMAIN,
      stat_prefix: name.replaceAll('.', '_'),
      rate_limits,
      // Without an answer the call goes on: it has passed the gateway's own limit.
      failure_mode_deny: false,
      timeout: '0.1s',
      rate_limited_as_resource_exhausted: true,
      disable_x_envoy_ratelimited_header: true,
      // The seconds until the next one; limits.lua makes of them what the gateway's own limits say.
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      response_headers_to_add: refusalHeaders(api, policy),
      rate_limit_service: {
        grpc_service: { envoy_grpc: { cluster_name: CLUSTER } },
        transport_api_version: 'V3',
      },
    },
  }
}

/** The cluster of that service, which is asked nothing while it is not healthy. */
export function limitsCluster({ host, port }: Endpoint): object {
  return {
    name: CLUSTER,
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_PREFERRED',
    connect_timeout: '0.5s',
    load_assignment: {
      cluster_name: CLUSTER,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: port } } } }] },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '15s', timeout: '5s' } } },
      },
    },
    health_checks: [
      {
        timeout: '0.5s',
        interval: '2s',
        no_traffic_interval: '2s',
        unhealthy_interval: '1s',
        unhealthy_threshold: 1,
        healthy_threshold: 1,
        grpc_health_check: { service_name: 'ratelimit' },
      },
    ],
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
  }
}

type Node = { key: string; value?: string; rate_limit?: object; descriptors?: Node[] }

/** The configuration of the service: the same rules as the gateway's own, with the same numbers. */
export function rateLimitServiceFile(settings: GatewaySettings, api: Api): string {
  const rules = [clientRules(settings), dearRules(settings, api), statusRules(settings)]
  const descriptors: Node[] = []
  for (const limit of rules.flatMap(({ descriptors }) => descriptors)) place(limit, limit.entries, descriptors)
  return stringify({ domain: DOMAIN, descriptors }, { aliasDuplicateObjects: false })
}

/** Puts a limit under its entries, of which these are left. */
function place(limit: Limit, [entry, ...left]: Limit['entries'], level: Node[]): void {
  if (entry === undefined) return
  const present = level.find(({ key, value }) => key === entry.key && value === entry.value)
  const node = present ?? { ...entry }
  if (present === undefined) level.push(node)
  if (left.length === 0) {
    node.rate_limit = rateOf(limit.token_bucket)
    return
  }
  node.descriptors ??= []
  place(limit, left, node.descriptors)
}

const units = { second: 1, minute: 60, hour: 3_600, day: 86_400 }

/**
 * So many in a unit, as the service counts, for so many in an interval: in the shortest unit that is no shorter than the
 * interval and in which a whole number loses less than a hundredth.
 */
export function rateOf({ tokens_per_fill, fill_interval }: Limit['token_bucket']): object {
  const interval = secondsOf(fill_interval)
  const rates = Object.entries(units)
    .filter(([, seconds]) => seconds >= interval)
    .map(([unit, seconds]) => ({ unit, exact: (tokens_per_fill * seconds) / interval }))
  const fitting = rates.find(({ exact }) => Math.floor(exact + 1e-9) >= exact * 0.99) ?? rates.at(-1)
  if (fitting === undefined) throw new Error(`a limit has an interval of ${fill_interval}, longer than a day`)
  return { unit: fitting.unit, requests_per_unit: Math.max(1, Math.floor(fitting.exact + 1e-9)) }
}

const secondsOf = (text: Seconds) => Number.parseFloat(text)
