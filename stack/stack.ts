import path from 'node:path'
import { MOST_CONNECTIONS } from '@hotel/gateway/settings'
import { addressesOf, metricsAddressesOf, reservePorts } from './addresses.ts'
import { type GivenAuth, openAuth } from './auth.ts'
import type { Ports } from './config.ts'
import { startEnvoy } from './envoy.ts'
import type { Issuer } from './issuer.ts'
import { embeddedHasTimeZone, type Postgres, startPostgres } from './postgres.ts'
import type { Supervised, Surroundings } from './processes.ts'
import { type Access, migrate, provision, serviceUrl } from './provision.ts'
import { type Redis, startRedis } from './redis.ts'
import { claim } from './run-file.ts'
import { readSecrets, type Secrets } from './secrets.ts'
import { type PerService, perService, perServiceAsync, serviceNames } from './service-names.ts'
import { createService, type Env, type EnvOf, type Service } from './services.ts'
import { redisRemedy } from './setup/binaries.mjs'
import { demandTimeZone, hasTimeZone } from './time-zone.ts'

export type StackOptions = {
  /** Holds everything that is kept between starts. */
  readonly dataDir: string
  /** Free ones for those that are not named. */
  readonly ports?: Partial<Ports>
  readonly gatewayAddress?: string
  /** Servers of one's own, as an administrator; the embedded Postgres for a service without. */
  readonly adminUrls?: PerService<string | undefined>
  /** Databases that are migrated already, as the services' roles; then there is no other database. */
  readonly databaseUrls?: PerService<string>
  /** False: without the cache; a URL: a Redis of one's own. */
  readonly redis?: boolean | string
  readonly gateway?: boolean
  readonly instances?: Partial<PerService<number>>
  /** What is set for a service besides, or differently; or for each of its instances, by its number from 0. */
  readonly env?: Partial<PerService<Env | EnvOf>>
  /** Whose tokens are accepted; without, those of the data folder's own issuer. */
  readonly auth?: GivenAuth
  /** OpenTelemetry's variables, for the services and the gateway; without an endpoint no traces are recorded. */
  readonly openTelemetry?: Env
  /** File with the seconds by which the services' clock is off. */
  readonly clockFile?: string
  /** Of each client; without, there is none to speak of. */
  readonly requestsPerSecond?: number
  /** Of each reservation; without, there is none to speak of. */
  readonly statusChangesPerMinute?: number
  /** Of all clients at once; without, as many as the gateway itself thinks right. */
  readonly maxConnections?: number
  /** Origins whose pages may call from a browser; none without. */
  readonly corsOrigins?: readonly string[]
  readonly defaultTimeZone?: string
  readonly logLevel?: string
  /** How long the gateway finishes calls when it is stopped. */
  readonly drainSeconds?: number
  /** Threads of the gateway. */
  readonly concurrency?: number
  /** Whether what dies is started again. */
  readonly restart?: boolean
  readonly log?: (name: string, line: string) => void
  readonly say?: (sentence: string) => void
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
  /** Ends at once whatever is being stopped, and whatever is stopped from then on; Postgres recovers at its next start. */
  readonly force?: AbortSignal
}

/** The suite, running. */
export type Stack = AsyncDisposable & {
  readonly dataDir: string
  /** `host:port` of each instance of each service. */
  readonly addresses: PerService<readonly string[]>
  /** The same of their metrics. */
  readonly metricsAddresses: PerService<readonly string[]>
  readonly services: PerService<Service>
  readonly postgres: Postgres | undefined
  readonly redis: Redis | undefined
  readonly gateway: { readonly port: number; readonly adminPort: number; readonly process: Supervised } | undefined
  /** Of the services' databases, as the services' roles. */
  readonly databaseUrls: PerService<string>
  readonly pageTokenKey: string
  /** Who makes tokens for it, when it is the data folder's own issuer. */
  readonly issuer: Issuer | undefined
  /** Stops everything in the reverse order of starting. */
  stop(): Promise<void>
}

const UNLIMITED = 1_000_000

/** Starts the whole suite and resolves when all of it is healthy; throws a Problem, with nothing left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack()
  const { log = () => {}, say = () => {}, restart = false, signal = new AbortController().signal, force } = options
  const runFile = await claim(options.dataDir, { say, signal })
  started.defer(() => runFile.close())
  signal.addEventListener('abort', () => runFile.stopping(), { once: true })
  const around: Surroundings = { runFile, log, say, restart, signal, ...(force === undefined ? {} : { force }) }
  const timeZone = options.defaultTimeZone ?? 'UTC'
  const server = options.adminUrls?.rooms
  if (options.databaseUrls === undefined)
    await demandTimeZone(timeZone, (zone) => (server ? hasTimeZone(server, zone, signal) : embeddedHasTimeZone(zone)))
  const ports = await reservePorts({ ...options, unused: unusedPorts(options) })
  const secrets = await readSecrets(options.dataDir)
  const auth = await openAuth(options.dataDir, options.auth ?? { env: {} }, started)
  const redis = await startCache(options, ports, secrets, around, started)
  const databases = await startDatabases(options, ports, secrets, around, started)
  const addresses = await addressesOf(ports, options.instances)
  const metricsAddresses = await metricsAddressesOf(ports, options.instances)
  say('Starting the services ...')
  const services = perService((name) =>
    createService({
      name,
      addresses,
      metricsAddresses: metricsAddresses[name],
      databaseUrl: databases.urls[name],
      redisUrl: redis.url,
      pageTokenKey: secrets.pageTokenKey,
      auth: { ...auth.env, SERVICE_TOKEN_FILE: auth.serviceTokenFiles[name] },
      logLevel: options.logLevel ?? 'info',
      clockFile: options.clockFile,
      env: envOf(options.env?.[name], options.openTelemetry),
      around,
    }),
  )
  started.defer(async () => void (await Promise.all(serviceNames.map((name) => services[name].stop()))))
  await perServiceAsync((name) => services[name].start())
  const gateway =
    options.gateway === false ? undefined : await startGateway(options, ports, addresses, auth.env, around)
  started.defer(() => gateway?.process.stop())
  signal.throwIfAborted()
  return running(started.move(), {
    dataDir: options.dataDir,
    addresses,
    metricsAddresses,
    services,
    postgres: databases.postgres,
    redis: redis.embedded,
    gateway,
    databaseUrls: databases.urls,
    pageTokenKey: secrets.pageTokenKey,
    issuer: auth.issuer,
  })
}

function envOf(env: Env | EnvOf = {}, common: Env = {}): EnvOf {
  return (instance, anyway) => ({ ...common, ...(typeof env === 'function' ? env(instance, anyway) : env) })
}

type Parts = Omit<Stack, 'stop' | typeof Symbol.asyncDispose>

function running(started: AsyncDisposableStack, parts: Parts): Stack {
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= started.disposeAsync())
  return { ...parts, stop, [Symbol.asyncDispose]: stop }
}

function unusedPorts({ gateway, redis, adminUrls, databaseUrls }: StackOptions): Set<keyof Ports> {
  const ownDatabases = databaseUrls ?? adminUrls
  return new Set([
    ...(gateway === false ? (['gateway', 'envoyAdmin'] as const) : []),
    ...(redis === false || typeof redis === 'string' ? (['redis'] as const) : []),
    ...(serviceNames.every((name) => ownDatabases?.[name] !== undefined) ? (['postgres'] as const) : []),
  ])
}

async function startDatabases(
  options: StackOptions,
  ports: Ports,
  secrets: Secrets,
  around: Surroundings,
  started: AsyncDisposableStack,
): Promise<{ urls: PerService<string>; postgres: Postgres | undefined }> {
  if (options.databaseUrls !== undefined) return { urls: options.databaseUrls, postgres: undefined }
  const own = options.adminUrls
  let postgres: Postgres | undefined
  if (serviceNames.some((name) => own?.[name] === undefined)) {
    around.say('Starting Postgres ...')
    const data = path.join(options.dataDir, 'postgres')
    postgres = await startPostgres({ data, port: ports.postgres, password: secrets.postgres, durable: true, around })
    const server = postgres.process
    started.defer(() => server.stop())
  }
  around.say('Migrating the databases ...')
  const urls = await perServiceAsync(async (service) => {
    const adminUrl = own?.[service] ?? postgres?.url ?? ''
    const access: Access = {
      service,
      adminUrl,
      ownerPassword: secrets.owners[service],
      servicePassword: secrets.services[service],
    }
    await provision(access, undefined, around)
    await migrate(access, options.defaultTimeZone ?? 'UTC', undefined, around)
    return serviceUrl(access)
  })
  return { urls, postgres }
}

async function startCache(
  { redis = true, dataDir }: StackOptions,
  ports: Ports,
  secrets: Secrets,
  around: Surroundings,
  started: AsyncDisposableStack,
): Promise<{ url: string | undefined; embedded: Redis | undefined }> {
  if (typeof redis === 'string') return { url: redis, embedded: undefined }
  if (!redis) return { url: undefined, embedded: undefined }
  const options = { folder: path.join(dataDir, 'redis'), port: ports.redis, password: secrets.redis, around }
  const embedded = await startRedis(options).catch((error: Error) => {
    around.signal.throwIfAborted()
    around.say(error.message)
  })
  if (embedded) started.defer(() => embedded.process.stop())
  else around.say(`The suite runs without Redis, which is only a cache: ${redisRemedy}.`)
  return { url: embedded?.url, embedded: embedded ?? undefined }
}

/** What is set of the gateway. */
export type GatewayOptions = Pick<
  StackOptions,
  | 'dataDir'
  | 'gatewayAddress'
  | 'requestsPerSecond'
  | 'statusChangesPerMinute'
  | 'maxConnections'
  | 'corsOrigins'
  | 'openTelemetry'
  | 'concurrency'
  | 'drainSeconds'
>

/** Starts a gateway before these services, which accepts tokens as `authEnv` says; resolves when they answer through it. */
export async function startGateway(
  options: GatewayOptions,
  ports: Pick<Ports, 'gateway' | 'envoyAdmin'>,
  endpoints: PerService<readonly string[]>,
  authEnv: Env,
  around: Surroundings,
): Promise<NonNullable<Stack['gateway']>> {
  around.say('Starting the gateway ...')
  const process = await startEnvoy({
    folder: path.join(options.dataDir, 'gateway'),
    environment: {
      ...options.openTelemetry,
      ...authEnv,
      GATEWAY_ADDRESS: options.gatewayAddress ?? '127.0.0.1',
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_ADMIN_PORT: String(ports.envoyAdmin),
      GUESTS_ADDRESS: endpoints.guests.join(','),
      ROOMS_ADDRESS: endpoints.rooms.join(','),
      RESERVATIONS_ADDRESS: endpoints.reservations.join(','),
      RATE_LIMIT_PER_SECOND: String(options.requestsPerSecond ?? UNLIMITED),
      STATUS_RATE_LIMIT_PER_MINUTE: String(options.statusChangesPerMinute ?? UNLIMITED),
      GATEWAY_MAX_CONNECTIONS: String(options.maxConnections ?? MOST_CONNECTIONS),
      CORS_ORIGINS: options.corsOrigins?.join(',') ?? '',
    },
    concurrency: options.concurrency ?? 2,
    drainSeconds: options.drainSeconds ?? 0,
    around,
  })
  return { port: ports.gateway, adminPort: ports.envoyAdmin, process }
}
