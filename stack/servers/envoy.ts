import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { envoyArguments, finishCalls } from '@hotel/gateway/envoy-process'
import { serveHealth } from '@hotel/gateway/health/health-server'
import { assertReady } from '@hotel/gateway/health/ready'
import { type GatewaySettings, settingsFrom } from '@hotel/gateway/settings'
import { inheritedEnvironment } from '../config.ts'
import { nodeProgram } from '../run/node-program.ts'
import { runToEnd } from '../run/run-to-end.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../run/supervision/processes.ts'
import { findEnvoy } from '../setup/binaries.mjs'
import { Problem } from '../setup/problem.mjs'

export type EnvoyOptions = {
  /** Where its configuration is put, and where it runs. */
  readonly folder: string
  /** The gateway's variables, as its container has them. */
  readonly environment: Readonly<Record<string, string>>
  /** Threads. */
  readonly concurrency: number
  /** How long calls in flight are given to finish when it stops. */
  readonly drainSeconds: number
  /** Opens what answers beside it, given its folder. */
  readonly beside?: (folder: string) => Promise<AsyncDisposable>
  readonly around: SupervisorContext
}

/** Envoy counts a replica as healthy a moment before its worker threads send calls to it (seen: `no_healthy_upstream`). */
const WORKERS_LAG_MS = 50

/** Begins to make the gateway's configuration, which needs nothing that runs, and gives how to start it then. */
export function prepareEnvoy(options: EnvoyOptions): {
  /** Resolves when every service behind it is healthy. */
  start(): Promise<Supervised>
  /** Resolves when nothing is being made any more, however that ended. */
  readonly settled: Promise<unknown>
} {
  const settings = settingsFrom(options.environment)
  const configured = configure(options)
  return {
    start: () => configured.then(() => startEnvoy(options, settings)),
    settled: configured.catch(() => undefined),
  }
}

async function startEnvoy(
  { folder, concurrency, drainSeconds, beside, around }: EnvoyOptions,
  settings: GatewaySettings,
): Promise<Supervised> {
  const file = await findEnvoy()
  if (file === undefined)
    throw new Problem('There is no Envoy: run `npm start`, which fetches it, or put `envoy` 1.40 on PATH.')
  // The lines of its own questions are of no use to anybody.
  const own = `start-${randomUUID()}`
  const process = supervise(
    {
      name: 'gateway',
      file,
      args: envoyArguments(concurrency, drainSeconds),
      env: inheritedEnvironment(),
      cwd: folder,
      ready: (signal) => assertHealthy(settings, signal, own),
      readyWithinMs: 30_000,
      ...(drainSeconds === 0 ? {} : { beforeStop: () => finishCalls(settings.adminPort, drainSeconds) }),
      stopSignal: 'SIGTERM',
      stopWithinMs: 2_000,
    },
    { ...around, log: (name, line) => line.includes(own) || around.log(name, line) },
  )
  const gateway = withServers(process, async () => {
    await using opened = new AsyncDisposableStack()
    opened.use(await serveHealth(folder, settings.adminPort))
    if (beside !== undefined) opened.use(await beside(folder))
    return opened.move()
  })
  await gateway.start()
  return gateway
}

/** The process with what answers for the health of all, and for sign-ins, which begins and ends with it. */
function withServers(process: Supervised, open: () => Promise<AsyncDisposable>): Supervised {
  let servers: AsyncDisposable | undefined
  const close = async () => {
    await servers?.[Symbol.asyncDispose]()
    servers = undefined
  }
  return {
    name: process.name,
    get pid() {
      return process.pid
    },
    async start() {
      servers ??= await open()
      await process.start()
    },
    stop: (how) => process.stop(how).finally(close),
    kill: (signal) => process.kill(signal).finally(close),
  }
}

/** In a process of its own: who starts the suite has no use for the descriptors and what makes documents of them any more. */
async function configure({ folder, environment, around }: EnvoyOptions): Promise<void> {
  const program = nodeProgram(path.join('gateway', 'envoy', 'configure.ts'), '--out', folder)
  const env = { ...program.env, ...environment }
  await runToEnd({ ...program, env, failed: 'The gateway could not be configured' }, around)
}

async function assertHealthy(settings: GatewaySettings, signal: AbortSignal, requestId: string): Promise<void> {
  const host = settings.address === '0.0.0.0' ? '127.0.0.1' : settings.address
  await assertReady(host, settings, signal, requestId)
  await setTimeout(WORKERS_LAG_MS, undefined, { signal })
}
