import { addressesOf, metricsAddressesOf, reservePorts } from './addresses.ts'
import type { Ports } from './config.ts'
import { openAuth } from './identity/auth.ts'
import type { Issuer } from './identity/issuer.ts'
import { readSecrets } from './identity/secrets.ts'
import { claim } from './run/run-file.ts'
import type { SupervisorContext } from './run/supervision/process-plan.ts'
import { startCache } from './servers/cache.ts'
import { startDatabases } from './servers/databases.ts'
import { prepareGateway, type RunningGateway } from './servers/gateway.ts'
import { embeddedHasTimeZone } from './servers/postgres/embedded-postgres.ts'
import type { Postgres } from './servers/postgres/postgres.ts'
import type { Redis } from './servers/redis.ts'
import { createService, type Env, type EnvOf, type Service } from './servers/services.ts'
import { writeTargets } from './servers/targets.ts'
import { demandTimeZone, hasTimeZone } from './servers/time-zone.ts'
import { type PerService, perService, perServiceAsync, serviceNames } from './service-names.ts'
import type { StackOptions } from './stack-options.ts'

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
  readonly gateway: RunningGateway | undefined
  /** Of the services' databases, as the services' roles. */
  readonly databaseUrls: PerService<string>
  readonly pageTokenKey: string
  /** Who makes tokens for it, when it is the data folder's own issuer. */
  readonly issuer: Issuer | undefined
  /** Stops everything in the reverse order of starting. */
  stop(): Promise<void>
}

/** Starts the whole suite and resolves when all of it is healthy; throws a Problem, with nothing left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack()
  const { log = () => {}, say = () => {}, restart = false, signal = new AbortController().signal, force } = options
  const runFile = await claim(options.dataDir, { say, signal })
  started.defer(() => runFile.close())
  signal.addEventListener('abort', () => runFile.stopping(), { once: true })
  const around: SupervisorContext = { runFile, log, say, restart, signal, ...(force === undefined ? {} : { force }) }
  const timeZone = options.defaultTimeZone ?? 'UTC'
  const server = options.adminUrls?.rooms
  if (options.databaseUrls === undefined)
    await demandTimeZone(timeZone, (zone) => (server ? hasTimeZone(server, zone, signal) : embeddedHasTimeZone(zone)))
  const ports = await reservePorts({ ...options, unused: unusedPorts(options) })
  const secrets = await readSecrets(options.dataDir)
  const auth = await openAuth(options.dataDir, options.auth ?? { env: {} }, started)
  const addresses = await addressesOf(ports, options.instances)
  const metricsAddresses = await metricsAddressesOf(ports, options.instances)
  await writeTargets(options.dataDir, metricsAddresses, ports.envoyAdmin)
  const redis = await startCache(options, ports, secrets, around, started)
  // While Postgres starts, the processor has little to do.
  const prepared = options.gateway === false ? undefined : prepareGateway(options, ports, addresses, auth, around)
  started.defer(() => prepared?.settled.then(() => undefined))
  const databases = await startDatabases(options, ports, secrets, around, started)
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
  const gateway = await prepared?.start()
  started.defer(() => gateway?.process.stop())
  if (options.beside !== undefined) started.use(await options.beside(around))
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
