import { isIP } from 'node:net'
import { type ConsoleSettings, consoleSettings } from '@hotel/runtime/access/console-settings'
import { originsFrom } from '@hotel/runtime/access/origins'
import { type AuthSettings, authSettings, DEVELOPMENT_ISSUER } from '@hotel/runtime/access/tokens/auth-settings'
import { ipAddressOr, type Reader, readEnv, wholeOr } from '@hotel/runtime/process/env'
import type { ServiceName } from '@hotel/runtime/process/service-names'
import { type OtlpSettings, otlpSettings } from '@hotel/runtime/telemetry/otlp'

/** Where the gateway listens, whom it forwards to and how much it lets through. */
export type GatewaySettings = {
  /** Address and port of the one listener, for REST and gRPC. */
  readonly address: string
  readonly port: number
  /** Port of Envoy's administration interface, on 127.0.0.1 only. */
  readonly adminPort: number
  /** Where it serves Prometheus' metrics; nowhere without. */
  readonly metricsAddress: Endpoint | undefined
  /** `host:port` of each replica, by service. */
  readonly endpoints: Readonly<Record<ServiceName, readonly string[]>>
  /** The issuer whose tokens are accepted. */
  readonly auth: AuthSettings
  /** Requests a second for each client whose token names no higher tier. */
  readonly requestsPerSecond: number
  /** Changes of status a minute for each reservation. */
  readonly statusChangesPerMinute: number
  /** `host:port` of Envoy's rate limit service, where all gateways count together; without it each counts for itself. */
  readonly rateLimitService: Endpoint | undefined
  /** Connections at once, of all clients together; more are closed as they come. */
  readonly maxConnections: number
  /** Origins whose pages may call from a browser; `*` is every one. */
  readonly corsOrigins: readonly string[]
  /** How people sign in to the console. */
  readonly console: ConsoleSettings
  /** Where its steps of traces go; none are recorded without. */
  readonly otlp: OtlpSettings | undefined
}

/** As Envoy's advice for the edge has it. */
export const MOST_CONNECTIONS = 10_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings from environment variables: GATEWAY_ADDRESS, GATEWAY_PORT, GATEWAY_ADMIN_PORT, METRICS_ADDRESS,
 * CORS_ORIGINS, RATE_LIMIT_PER_SECOND, STATUS_RATE_LIMIT_PER_MINUTE, RATE_LIMIT_SERVICE, GATEWAY_MAX_CONNECTIONS, and
 * GUESTS_ADDRESS, ROOMS_ADDRESS, RESERVATIONS_ADDRESS as `host:port`, several separated by commas, AUTH_… as the services do, CONSOLE_…, and OpenTelemetry's
 * own for tracing. Throws naming the variable that is wrong.
 */
export function settingsFrom(environment: Environment): GatewaySettings {
  return Object.freeze({
    ...readEnv(environment, {
      address: ['GATEWAY_ADDRESS', ipAddressOr('0.0.0.0')],
      port: ['GATEWAY_PORT', wholeOr(8000, 0, 65535)],
      adminPort: ['GATEWAY_ADMIN_PORT', wholeOr(9901, 0, 65535)],
      metricsAddress: ['METRICS_ADDRESS', optionalListener],
      requestsPerSecond: ['RATE_LIMIT_PER_SECOND', wholeOr(1, 1, 1_000_000)],
      statusChangesPerMinute: ['STATUS_RATE_LIMIT_PER_MINUTE', wholeOr(1, 1, 1_000_000)],
      rateLimitService: ['RATE_LIMIT_SERVICE', optionalEndpoint],
      maxConnections: ['GATEWAY_MAX_CONNECTIONS', wholeOr(MOST_CONNECTIONS, 1, 1_000_000)],
    }),
    endpoints: readEnv(environment, {
      guests: ['GUESTS_ADDRESS', endpoints],
      rooms: ['ROOMS_ADDRESS', endpoints],
      reservations: ['RESERVATIONS_ADDRESS', endpoints],
    }),
    corsOrigins: Object.freeze(originsFrom(environment)),
    auth: authSettings(environment),
    console: consoleFor(environment),
    otlp: otlpSettings(environment),
  })
}

/** Tokens are given away for a link by the development issuer alone. */
function consoleFor(environment: Environment): ConsoleSettings {
  const settings = consoleSettings(environment)
  const { issuer, production } = authSettings(environment)
  if (settings.developmentSignIn && (production || issuer !== DEVELOPMENT_ISSUER))
    throw new Error('CONSOLE_DEVELOPMENT_SIGN_IN is on: leave it out; only `npm start` with its own issuer uses it')
  return settings
}

/** Reads DRAIN_SECONDS: how long calls in flight are given to finish when the gateway is told to stop. */
export function drainSecondsFrom(environment: Environment): number {
  return readEnv(environment, { seconds: ['DRAIN_SECONDS', wholeOr(4, 0, 600)] }).seconds
}

/** The replicas of a service. */
const endpoints: Reader<readonly string[]> = (value = '') => {
  const all = value.split(',').map((endpoint) => endpoint.trim())
  const wrong = all.find((endpoint) => endpointOf(endpoint) === undefined)
  if (wrong !== undefined) throw new Error(`must be host:port, not "${wrong}"`)
  return Object.freeze(all)
}

/** An address that may be absent. */
const optionalEndpoint: Reader<Endpoint | undefined> = (value) => {
  if (value === undefined) return undefined
  const endpoint = endpointOf(value)
  if (endpoint === undefined) throw new Error(`is "${value}": give host:port`)
  return endpoint
}

/** Where to listen besides, which may be nowhere: by number, as Envoy looks up no name for that. */
const optionalListener: Reader<Endpoint | undefined> = (value) => {
  const endpoint = optionalEndpoint(value)
  if (endpoint === undefined || isIP(endpoint.host) !== 0) return endpoint
  throw new Error(`is "${value}": give an IP address and a port, as 0.0.0.0:9464`)
}

/** A `host:port`, taken apart. */
export type Endpoint = { readonly host: string; readonly port: number }

/** Splits `host:port`, with brackets around an IPv6 address; throws naming `source`. */
export function parseEndpoint(endpoint: string, source: string): Endpoint {
  const parsed = endpointOf(endpoint)
  if (parsed === undefined) throw new Error(`${source} must be host:port, not "${endpoint}"`)
  return parsed
}

function endpointOf(endpoint: string): Endpoint | undefined {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(endpoint) ?? []
  const host = bracketed ?? plain
  return host === undefined || Number(port) > 65535 ? undefined : { host, port: Number(port) }
}
