import path from 'node:path'
import { consoleSettings } from '@hotel/runtime/access/console-settings'
import { originsFrom } from '@hotel/runtime/access/origins'
import { readDatabaseUrl } from '@hotel/runtime/database/database-url'
import {
  ipAddressOr,
  optionalRedisUrl,
  optionalText,
  type Reader,
  readEnv,
  textOr,
  wholeOr,
} from '@hotel/runtime/process/env'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import { type PerService, perService } from './service-names.ts'
import { Problem } from './setup/problem.mjs'
import { root } from './setup/run.mjs'

/** The nodes of Citus that are asked for: `host:port`, the coordinator as the workers reach it. */
export type CitusNodes = { readonly coordinator: string | undefined; readonly workers: readonly string[] | undefined }

/** The settings of `npm start`. */
export type Config = {
  readonly dataDir: string
  readonly gatewayAddress: string
  readonly ports: Ports
  /** Of what `--observe` starts. */
  readonly observePorts: Readonly<Record<'prometheus' | 'grafana' | 'jaeger' | 'otlp', number>>
  /** Where the rest of Grafana is, when it is not beside its program. */
  readonly grafanaHome: string | undefined
  /** URL of the server of each service's database, as an administrator; absent: the embedded Postgres. */
  readonly adminUrls: PerService<string | undefined>
  /** Where the embedded Postgres copies its log to, for restoring to any moment. */
  readonly walArchive: string | undefined
  /** The nodes of a Citus over which the databases are distributed. */
  readonly citus: CitusNodes
  /** A Redis of one's own. */
  readonly redisUrl: string | undefined
  readonly requestsPerSecond: number
  readonly statusChangesPerMinute: number
  readonly maxConnections: number
  readonly rateLimitService: string | undefined
  /** Whose pages may call from a browser. */
  readonly corsOrigins: readonly string[]
  /** CONSOLE_OIDC_…, which the gateway reads itself. */
  readonly consoleOidc: Readonly<Record<string, string>>
  /** What the services read themselves about watches, exports and groups of creates. */
  readonly streams: Readonly<Record<string, string>>
  readonly defaultTimeZone: string
  readonly logLevel: string
  /** The variables of OpenTelemetry, which the processes read themselves. */
  readonly openTelemetry: Readonly<Record<string, string>>
}

/** Where the parts listen; 0 takes a free port. */
export type Ports = PerService<number> & {
  readonly guestsMetrics: number
  readonly roomsMetrics: number
  readonly reservationsMetrics: number
  readonly gateway: number
  readonly envoyAdmin: number
  readonly postgres: number
  readonly redis: number
}

/** The variable that sets each port: what a sentence about a taken one names. */
export const portVariables: Readonly<Record<keyof Ports, string>> = {
  gateway: 'GATEWAY_PORT',
  guests: 'GUESTS_PORT',
  rooms: 'ROOMS_PORT',
  reservations: 'RESERVATIONS_PORT',
  guestsMetrics: 'GUESTS_METRICS_PORT',
  roomsMetrics: 'ROOMS_METRICS_PORT',
  reservationsMetrics: 'RESERVATIONS_METRICS_PORT',
  postgres: 'POSTGRES_PORT',
  redis: 'REDIS_PORT',
  envoyAdmin: 'ENVOY_ADMIN_PORT',
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Reads the settings from the environment; throws a Problem that names the variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const read = <T>(variable: string, reader: Reader<T>) =>
    orProblem(() => readEnv<{ value: T }>(env, { value: [variable, reader] }).value)
  const whole = (variable: string, ...range: Parameters<typeof wholeOr>) => read(variable, wholeOr(...range))
  const databaseUrl = (variable: string) =>
    read(variable, optionalText) === undefined ? undefined : orProblem(() => readDatabaseUrl(env, variable))
  const logLevel = read('LOG_LEVEL', textOr('info'))
  if (!logLevels.includes(logLevel))
    throw new Problem(`LOG_LEVEL is "${logLevel}": give one of ${logLevels.join(', ')}.`)
  const port = (name: keyof Ports, fallback: number) => whole(portVariables[name], fallback, 1, 65_535)
  const citus = { coordinator: read('CITUS_COORDINATOR', optionalHostAndPort), workers: read('CITUS_WORKERS', nodes) }
  return Object.freeze({
    dataDir: path.resolve(root, read('DATA_DIR', textOr('.data'))),
    gatewayAddress: read('GATEWAY_ADDRESS', ipAddressOr('127.0.0.1')),
    ports: {
      gateway: port('gateway', 8000),
      guests: port('guests', 50051),
      rooms: port('rooms', 50052),
      reservations: port('reservations', 50053),
      guestsMetrics: port('guestsMetrics', 9451),
      roomsMetrics: port('roomsMetrics', 9452),
      reservationsMetrics: port('reservationsMetrics', 9453),
      postgres: port('postgres', 50432),
      redis: port('redis', 50379),
      envoyAdmin: port('envoyAdmin', 9901),
    },
    observePorts: {
      prometheus: whole('PROMETHEUS_PORT', 9090, 1, 65_535),
      grafana: whole('GRAFANA_PORT', 3000, 1, 65_535),
      jaeger: whole('JAEGER_PORT', 16_686, 1, 65_535),
      otlp: whole('OTLP_PORT', 4318, 1, 65_535),
    },
    grafanaHome: absolute(read('GF_PATHS_HOME', optionalText)),
    adminUrls: perService((name) => databaseUrl(`${name.toUpperCase()}_DATABASE_URL`) ?? databaseUrl('DATABASE_URL')),
    walArchive: absolute(read('WAL_ARCHIVE', optionalText)),
    citus,
    redisUrl: read('REDIS_URL', optionalRedisUrl),
    requestsPerSecond: whole('RATE_LIMIT_PER_SECOND', 1, 1, 1_000_000),
    corsOrigins: orProblem(() => originsFrom(env)),
    consoleOidc: consoleOidc(env),
    maxConnections: whole('GATEWAY_MAX_CONNECTIONS', 10_000, 1, 1_000_000),
    rateLimitService: read('RATE_LIMIT_SERVICE', optionalHostAndPort),
    statusChangesPerMinute: whole('STATUS_RATE_LIMIT_PER_MINUTE', 1, 1, 1_000_000),
    streams: {
      FEED_RETENTION: String(whole('FEED_RETENTION', 30, 1, 36_500)),
      WATCH_LIMIT: String(whole('WATCH_LIMIT', 500, 1, 100_000)),
      WATCH_PATIENCE: String(whole('WATCH_PATIENCE', 10, 1, 3_600)),
      EXPORT_LIMIT: String(whole('EXPORT_LIMIT', 4, 1, 100)),
      EXPORT_PATIENCE: String(whole('EXPORT_PATIENCE', 30, 1, 3_600)),
      // Each group goes to the worker of its hotel (docs/scaling.md).
      ...(citus.workers !== undefined && { CREATE_GROUP_HOTELS: '1' }),
    },
    defaultTimeZone: read('DEFAULT_TIME_ZONE', textOr('UTC')),
    logLevel,
    openTelemetry: openTelemetry(env),
  })
}

/** Of a path in the environment, which is meant from the checkout. */
function absolute(file: string | undefined): string | undefined {
  return file === undefined ? undefined : path.resolve(root, file)
}

/** Reads a setting; what is wrong with it is a Problem. */
export function orProblem<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Problem(`${(error as Error).message}.`)
  }
}

function consoleOidc(env: NodeJS.ProcessEnv): Record<string, string> {
  orProblem(() => consoleSettings(env))
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (name.startsWith('CONSOLE_OIDC_') && value ? [[name, value]] : [])),
  )
}

/** All services have one name each: OTEL_SERVICE_NAME, one for all, is not handed on. */
function openTelemetry(env: NodeJS.ProcessEnv): Record<string, string> {
  orProblem(() => otlpSettings(env))
  const given = Object.entries(env).filter(([name]) => name.startsWith('OTEL_') && name !== 'OTEL_SERVICE_NAME')
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? '']))
}

/**
 * What the processes started from here inherit of the environment: nothing that could change what they do, but how they
 * reach servers of one's own.
 */
export function inheritedEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DATABASE_ALLOW_PLAINTEXT', 'REDIS_CA_FILE']
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/** Reads names of nodes with commas between; undefined for none. Throws an error that says what is wrong. */
function nodes(value: string | undefined): string[] | undefined {
  const names = optionalText(value)?.split(',')
  for (const name of names ?? []) optionalHostAndPort(name)
  return names
}

/** Reads one `host:port`; undefined for none. Throws an error that says what is wrong. */
function optionalHostAndPort(value: string | undefined): string | undefined {
  const name = optionalText(value)
  if (name === undefined) return undefined
  const [, port] = /^(?:[^\s/@:]+|\[[0-9a-f:]+\]):(\d+)$/i.exec(name) ?? []
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) throw new Error(`is "${name}": give host:port`)
  return name
}
