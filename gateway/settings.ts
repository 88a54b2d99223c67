import { type AuthSettings, authSettings } from '@hotel/runtime/access/auth-settings'
import { originsFrom } from '@hotel/runtime/access/origins'
import { type OtlpSettings, otlpSettings } from '@hotel/runtime/telemetry/otlp'

/** Where the gateway listens, whom it forwards to and how much it lets through. */
export type GatewaySettings = {
  /** Address and port of the one listener, for REST and gRPC. */
  readonly address: string
  readonly port: number
  /** Port of Envoy's administration interface, on 127.0.0.1 only. */
  readonly adminPort: number
  /** `host:port` of each replica, by service. */
  readonly endpoints: Readonly<Record<ServiceName, readonly string[]>>
  /** Whose tokens are accepted. */
  readonly auth: AuthSettings
  /** Requests a second for each client whose token names no higher tier. */
  readonly requestsPerSecond: number
  /** Changes of status a minute for each reservation. */
  readonly statusChangesPerMinute: number
  /** Connections at once, of all clients together; more are closed as they come. */
  readonly maxConnections: number
  /** Origins whose pages may call from a browser; `*` is every one. */
  readonly corsOrigins: readonly string[]
  /** Where its steps of traces go; none are recorded without. */
  readonly otlp: OtlpSettings | undefined
}

/** The services behind the gateway: the second word of their proto packages. */
export const serviceNames = ['guests', 'rooms', 'reservations'] as const
export type ServiceName = (typeof serviceNames)[number]

/** As Envoy's advice for the edge has it. */
export const MOST_CONNECTIONS = 10_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings from environment variables: GATEWAY_ADDRESS, GATEWAY_PORT, GATEWAY_ADMIN_PORT,
 * CORS_ORIGINS, RATE_LIMIT_PER_SECOND, STATUS_RATE_LIMIT_PER_MINUTE, GATEWAY_MAX_CONNECTIONS, and GUESTS_ADDRESS, ROOMS_ADDRESS,
 * RESERVATIONS_ADDRESS as `host:port`, several separated by commas, AUTH_… as the services do, and OpenTelemetry's own for
 * tracing. Throws naming the variable that is wrong.
 */
export function settingsFrom(environment: Environment): GatewaySettings {
  const endpoints = (variable: string): readonly string[] => {
    const hosts = (environment[variable] ?? '').split(',').map((host) => host.trim())
    for (const host of hosts) parseEndpoint(host, variable)
    return Object.freeze(hosts)
  }
  const integer = (...wanted: Whole) => wholeNumber(environment, ...wanted)
  return Object.freeze({
    address: environment.GATEWAY_ADDRESS || '0.0.0.0',
    port: integer('GATEWAY_PORT', 8000, 0, 65535),
    adminPort: integer('GATEWAY_ADMIN_PORT', 9901, 0, 65535),
    endpoints: Object.freeze({
      guests: endpoints('GUESTS_ADDRESS'),
      rooms: endpoints('ROOMS_ADDRESS'),
      reservations: endpoints('RESERVATIONS_ADDRESS'),
    }),
    requestsPerSecond: integer('RATE_LIMIT_PER_SECOND', 1, 1, 1_000_000),
    statusChangesPerMinute: integer('STATUS_RATE_LIMIT_PER_MINUTE', 1, 1, 1_000_000),
    maxConnections: integer('GATEWAY_MAX_CONNECTIONS', MOST_CONNECTIONS, 1, 1_000_000),
    corsOrigins: Object.freeze(originsFrom(environment)),
    auth: authSettings(environment),
    otlp: otlpSettings(environment),
  })
}

/** Reads DRAIN_SECONDS: how long calls in flight are given to finish when the gateway is told to stop. */
export function drainSecondsFrom(environment: Environment): number {
  return wholeNumber(environment, 'DRAIN_SECONDS', 4, 0, 600)
}

/** Splits `host:port`, with brackets around an IPv6 address; throws naming `source`. */
export function parseEndpoint(endpoint: string, source: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(endpoint) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65535) throw new Error(`${source} must be host:port, not "${endpoint}"`)
  return { host, port: Number(port) }
}

type Whole = readonly [variable: string, fallback: number, least: number, most: number]

function wholeNumber(environment: Environment, ...[variable, fallback, least, most]: Whole): number {
  const text = environment[variable] || String(fallback)
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`${variable} must be a whole number from ${least} to ${most}, not "${text}"`)
  return value
}
