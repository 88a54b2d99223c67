import path from 'node:path'
import { assertServing } from '@hotel/runtime/server/health'
import { nodeProgram } from '../run/node-program.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../run/supervision/processes.ts'
import type { PerService, ServiceName } from '../service-names.ts'

export type ServiceOptions = {
  readonly name: ServiceName
  /** `host:port` of each instance of each service. */
  readonly addresses: PerService<readonly string[]>
  /** `host:port` of the metrics of each instance of this service. */
  readonly metricsAddresses: readonly string[]
  /** Of its own database, as the service's role. */
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly pageTokenKey: string
  /** Whose tokens it accepts, and its own. */
  readonly auth: Env
  readonly logLevel: string
  readonly clockFile: string | undefined
  /** More or other settings. */
  readonly env: EnvOf
  readonly around: SupervisorContext
}

/** How an instance is stopped while the gateway sends calls to it: it says so, waits, and finishes what it has. */
export const DRAIN = { signal: 'SIGTERM', withinMs: 15_000 } as const

/** Variables of a process. */
export type Env = Readonly<Record<string, string>>

/** The variables to set for an instance, by its number from 0, given those that it has anyway. */
export type EnvOf = (instance: number, env: Env) => Env

/** All instances of one service. */
export type Service = {
  readonly instances: readonly Supervised[]
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends all instances by this signal (SIGKILL); they stay down until `start`. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** The instances of a service, not yet started. */
export function createService(options: ServiceOptions): Service {
  const addresses = options.addresses[options.name]
  const instances = addresses.map((address, index) => {
    const name = addresses.length === 1 ? options.name : `${options.name}-${index + 1}`
    return instance(name, address, index, options)
  })
  return serviceOf(instances)
}

/** The service that has these instances. */
export function serviceOf(instances: readonly Supervised[]): Service {
  const all = async (act: (each: Supervised) => Promise<void>) => void (await Promise.all(instances.map(act)))
  return {
    instances,
    start: () => all((each) => each.start()),
    stop: () => all((each) => each.stop()),
    kill: (signal) => all((each) => each.kill(signal)),
  }
}

function instance(name: string, address: string, index: number, options: ServiceOptions): Supervised {
  const program = nodeProgram(path.join('services', options.name, 'main.ts'))
  const optional = {
    METRICS_ADDRESS: options.metricsAddresses[index],
    REDIS_URL: options.redisUrl,
    TEST_CLOCK_FILE: options.clockFile,
  }
  const env = {
    ...program.env,
    GRPC_ADDRESS: address,
    DATABASE_URL: options.databaseUrl,
    GUESTS_ADDRESS: options.addresses.guests.join(','),
    ROOMS_ADDRESS: options.addresses.rooms.join(','),
    RESERVATIONS_ADDRESS: options.addresses.reservations.join(','),
    PAGE_TOKEN_KEY: options.pageTokenKey,
    ...options.auth,
    LOG_LEVEL: options.logLevel,
    ...present(optional),
  }
  return supervise(
    {
      ...program,
      name,
      env: { ...env, ...options.env(index, env) },
      ready: (signal) => assertServing(address, signal),
      readyWithinMs: 30_000,
      // Any answer: one that says NOT_SERVING does not hang.
      alive: (signal) => askMetrics(options.metricsAddresses[index] ?? '', signal),
      progress: (signal) => changesApplied(options.metricsAddresses[index] ?? '', signal),
      // The gateway is stopped before: nobody has to notice that they are about to go. Calls that run have five seconds.
      stopSignal: 'SIGINT',
      stopWithinMs: 8_000,
    },
    options.around,
  )
}

/** How many changes of others an instance has applied that begins by applying all that it lacks; undefined for none. */
async function changesApplied(metrics: string, signal: AbortSignal): Promise<string | undefined> {
  const text = await askMetrics(metrics, signal)
  const counts = [...text.matchAll(/^hotel_feed_changes_applied_total\{.*\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  )
  const all = counts.reduce((sum, count) => sum + count, 0)
  return all === 0 ? undefined : `${all} changes of guests and rooms are applied`
}

async function askMetrics(address: string, signal: AbortSignal): Promise<string> {
  return (await fetch(`http://${address}/metrics`, { signal })).text()
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
