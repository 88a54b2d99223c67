import path from 'node:path'
import { originsFrom } from '@hotel/runtime/access/origins'
import { readDatabaseUrl } from '@hotel/runtime/database/database-url'
import { given, optionalRedisUrl } from '@hotel/runtime/env'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import { type PerService, perService } from './service-names.ts'
import { Problem } from './setup/problem.mjs'
import { root } from './setup/run.mjs'

/** The settings of `npm start`. */
export type Config = {
  readonly dataDir: string
  readonly gatewayAddress: string
  readonly ports: Ports
  /** URL of the server of each service's database, as an administrator; absent: the embedded Postgres. */
  readonly adminUrls: PerService<string | undefined>
  /** A Redis of one's own. */
  readonly redisUrl: string | undefined
  readonly requestsPerSecond: number
  readonly statusChangesPerMinute: number
  readonly maxConnections: number
  /** Whose pages may call from a browser. */
  readonly corsOrigins: readonly string[]
  /** What the services read themselves about watches and exports. */
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
  const value = (variable: string) => orProblem(() => given(env, variable))
  const whole = (variable: string, fallback: number, least: number, most: number) => {
    const given = value(variable) ?? String(fallback)
    const number = Number(given)
    if (/^\d+$/.test(given) && number >= least && number <= most) return number
    throw new Problem(`${variable} is "${given}": give a whole number from ${least} to ${most}.`)
  }
  const databaseUrl = (variable: string) =>
    value(variable) === undefined ? undefined : orProblem(() => readDatabaseUrl(env, variable))
  const logLevel = value('LOG_LEVEL') ?? 'info'
  if (!logLevels.includes(logLevel))
    throw new Problem(`LOG_LEVEL is "${logLevel}": give one of ${logLevels.join(', ')}.`)
  const port = (name: keyof Ports, fallback: number) => whole(portVariables[name], fallback, 1, 65_535)
  return Object.freeze({
    dataDir: path.resolve(root, value('DATA_DIR') ?? '.data'),
    gatewayAddress: value('GATEWAY_ADDRESS') ?? '127.0.0.1',
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
    adminUrls: perService((name) => databaseUrl(`${name.toUpperCase()}_DATABASE_URL`) ?? databaseUrl('DATABASE_URL')),
    redisUrl: redisUrl(value('REDIS_URL')),
    requestsPerSecond: whole('RATE_LIMIT_PER_SECOND', 1, 1, 1_000_000),
    corsOrigins: orProblem(() => originsFrom(env)),
    maxConnections: whole('GATEWAY_MAX_CONNECTIONS', 10_000, 1, 1_000_000),
    statusChangesPerMinute: whole('STATUS_RATE_LIMIT_PER_MINUTE', 1, 1, 1_000_000),
    streams: {
      FEED_RETENTION: String(whole('FEED_RETENTION', 30, 1, 36_500)),
      WATCH_LIMIT: String(whole('WATCH_LIMIT', 500, 1, 100_000)),
      WATCH_PATIENCE: String(whole('WATCH_PATIENCE', 10, 1, 3_600)),
      EXPORT_LIMIT: String(whole('EXPORT_LIMIT', 4, 1, 100)),
      EXPORT_PATIENCE: String(whole('EXPORT_PATIENCE', 30, 1, 3_600)),
    },
    defaultTimeZone: value('DEFAULT_TIME_ZONE') ?? 'UTC',
    logLevel,
    openTelemetry: openTelemetry(env),
  })
}

/** Reads a setting; what is wrong with it is a Problem. */
function orProblem<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Problem(`${(error as Error).message}.`)
  }
}

function redisUrl(value: string | undefined): string | undefined {
  try {
    return optionalRedisUrl(value)
  } catch (error) {
    throw new Problem(`REDIS_URL ${(error as Error).message}.`)
  }
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
