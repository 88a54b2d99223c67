import { setTimeout as sleep } from 'node:timers/promises'
import { ServerReflectionDefinition as ReflectionV1 } from '@hotel/proto/grpc/reflection/v1/reflection'
import { ServerReflectionDefinition as ReflectionV1Alpha } from '@hotel/proto/grpc/reflection/v1alpha/reflection'
import { createServer, type ServerAddBuilder, type ServiceImplementation } from 'nice-grpc'
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health'
import { openAccess } from '../access/access.ts'
import type { AuthSettings } from '../access/tokens/auth-settings.ts'
import { sendingEncoded } from '../call/pre-encoded.ts'
import { sendQueueInterceptor } from '../call/send-queue.ts'
import { decodingStrictly } from '../call/strict-decoding.ts'
import { causeOf } from '../errors/cause.ts'
import type { Amiss } from '../process/amiss.ts'
import type { Logger } from '../process/log.ts'
import type { Stop } from '../process/process.ts'
import { pause } from '../process/waiting.ts'
import { serveMetrics } from '../telemetry/metrics.ts'
import { observeCalls } from '../telemetry/observe.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { adapting, restarting } from './adapter.ts'
import { admitting } from './admitting.ts'
import { LIVE } from './health.ts'
import { boundMessages } from './message-bounds.ts'
import { openStreams } from './open-streams.ts'
import { reflection } from './reflection.ts'
import { shedding } from './shedding/shedding.ts'
import { noting, observeUnknownCalls } from './unknown-calls.ts'

const READINESS_EVERY_MS = 1_000
/** How long calls that run are given once no new one is taken; no statement of theirs may take longer. */
const LAST_CALLS_MS = 5_000

/** How a process serves. */
export type ServeOptions = {
  /** host:port; port 0 takes a free one. */
  address: string
  metricsAddress: string | undefined
  /** Seconds between NOT_SERVING and the refusal of calls: the gateway's time to notice. */
  drainSeconds: number
  /** The issuer whose tokens are accepted. */
  auth: AuthSettings
  telemetry: Telemetry
  /** Throws while the service can not do its work, or gives what is amiss besides; asked every second. */
  ready: () => Promise<Amiss | undefined>
  /** Adds the services. */
  add: (server: ServerAddBuilder<object>) => void
}

/** A service that answers: its port, and how it stops. */
export type Served = {
  readonly port: number
  /** NOT_SERVING, the drain's wait unless `now`, streams ended with UNAVAILABLE, calls finished. */
  stop(how: Stop): Promise<void>
}

/** Serves gRPC with health from real readiness, reflection, the adapter with its access, and every call observed. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { log, metrics } = options.telemetry
  const stopping = new AbortController()
  const draining = new AbortController()
  const health = HealthState()
  health.setStatus('unhealthy')
  health.setStatus('healthy', LIVE)
  const access = await openAccess(options.auth, log)
  const [served, open] = [new Set<string>(), new Set<string>()]
  const needsToken = (path: string) => !open.has(path)
  const server = createServer({
    interceptors: [
      boundMessages(needsToken),
      observeCalls(options.telemetry),
      shedding(needsToken, metrics),
      admitting(access, needsToken),
      sendQueueInterceptor,
    ],
    'grpc.max_metadata_size': 64 * 1024,
    'grpc.keepalive_time_ms': 30_000,
  } as never)
  const adding = noting(server, served)
  const opening = noting(adding, open)
  const guarded = adapting(adding, draining.signal)
  opening.add(HealthDefinition, healthService(health))
  const reflect = reflection()
  const reflecting = options.auth.publicDocs ? opening : guarded
  reflecting.add(ReflectionV1, reflect)
  reflecting.add(ReflectionV1Alpha, reflect)
  options.add(decodingStrictly(sendingEncoded(guarded)))
  const unobserve = observeUnknownCalls(options.telemetry, served)
  giveBackMemory()
  const port = await server.listen(options.address)
  const stopMetrics =
    options.metricsAddress === undefined ? undefined : await serveMetrics(metrics, options.metricsAddress)
  const watching = watchReadiness(options.ready, health, servicesOf(served), log, stopping.signal)
  log.info({ port }, 'serving')

  return {
    port,
    async stop(how) {
      log.info({ how }, 'draining')
      stopping.abort()
      await watching
      for (const name of ['', ...servicesOf(served)]) health.setStatus('unhealthy', name)
      if (how === 'drain') await sleep(options.drainSeconds * 1_000)
      draining.abort(restarting())
      const force = setTimeout(() => server.forceShutdown(), LAST_CALLS_MS)
      await server.shutdown()
      clearTimeout(force)
      unobserve()
      access.close()
      await stopMetrics?.()
      log.info('stopped')
    },
  }
}

/**
 * Gives back what the start has grown to, a third of the process, in Node that is told to expose its collector: by itself it
 * keeps the room, as if it were to load modules for ever.
 */
function giveBackMemory(): void {
  void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Health as the library has it, with a bound on the watches of it, for which nobody needs a token. */
function healthService(state: HealthState): ServiceImplementation<typeof HealthDefinition> {
  const health = HealthServiceImpl(state)
  const streams = openStreams()
  return {
    ...health,
    async *watch(request, call) {
      using _stream = streams.take()
      yield* health.watch(request, call)
    },
  }
}

/** The full names of the services whose methods have these paths. */
function servicesOf(paths: ReadonlySet<string>): string[] {
  return [...new Set([...paths].map((path) => path.split('/')[1] ?? ''))]
}

async function watchReadiness(
  ready: ServeOptions['ready'],
  health: HealthState,
  services: readonly string[],
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  let last = ''
  while (!stopping.aborted) {
    let amiss: Amiss = {}
    const state = await ready().then(
      (given = {}) => {
        amiss = given
        return ['ready', ...Object.values(given).filter((words) => words !== undefined)].join(', but ')
      },
      (error: unknown) => `not ready: ${causeOf(error)}`,
    )
    if (stopping.aborted) return
    if (state !== last) log.info({ state }, 'readiness')
    last = state
    const isReady = state.startsWith('ready')
    for (const [part, words] of Object.entries(amiss))
      health.setStatus(words === undefined ? 'healthy' : 'unhealthy', part)
    for (const name of ['', ...services]) health.setStatus(isReady ? 'healthy' : 'unhealthy', name)
    await pause(isReady ? READINESS_EVERY_MS : 100, stopping)
  }
}
