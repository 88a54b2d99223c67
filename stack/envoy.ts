import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { envoyArguments, finishCalls } from '@hotel/gateway/envoy'
import { serveHealth } from '@hotel/gateway/health-server'
import { assertReady } from '@hotel/gateway/ready'
import { type GatewaySettings, settingsFrom } from '@hotel/gateway/settings'
import { inheritedEnvironment } from './config.ts'
import { nodeProgram } from './node-program.ts'
import { type Supervised, type Surroundings, supervise } from './processes.ts'
import { runToEnd } from './run-to-end.ts'
import { findEnvoy } from './setup/binaries.mjs'
import { Problem } from './setup/problem.mjs'

export type EnvoyOptions = {
  /** Where its configuration is put, and where it runs. */
  readonly folder: string
  /** The gateway's variables, as its container has them. */
  readonly environment: Readonly<Record<string, string>>
  /** Threads. */
  readonly concurrency: number
  /** How long calls in flight are given to finish when it stops. */
  readonly drainSeconds: number
  readonly around: Surroundings
}

/** Envoy counts a replica as healthy a moment before its worker threads send calls to it (seen: `no_healthy_upstream`). */
const WORKERS_LAG_MS = 50

/** Starts the gateway and resolves when every service behind it is healthy. */
export async function startEnvoy({
  folder,
  environment,
  concurrency,
  drainSeconds,
  around,
}: EnvoyOptions): Promise<Supervised> {
  const file = await findEnvoy()
  if (file === undefined)
    throw new Problem('There is no Envoy: run `npm start`, which fetches it, or put `envoy` 1.40 on PATH.')
  const settings = settingsFrom(environment)
  await configure(folder, environment, around)
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
  const gateway = withHealth(process, () => serveHealth(folder, settings.adminPort))
  await gateway.start()
  return gateway
}

/** The process with what answers for the health of all, which begins and ends with it. */
function withHealth(process: Supervised, open: () => Promise<AsyncDisposable>): Supervised {
  let health: AsyncDisposable | undefined
  const close = async () => {
    await health?.[Symbol.asyncDispose]()
    health = undefined
  }
  return {
    name: process.name,
    get pid() {
      return process.pid
    },
    async start() {
      health ??= await open()
      await process.start()
    },
    stop: (how) => process.stop(how).finally(close),
    kill: (signal) => process.kill(signal).finally(close),
  }
}

/** In a process of its own: who starts the suite has no use for the descriptors and what makes documents of them any more. */
async function configure(
  folder: string,
  environment: Readonly<Record<string, string>>,
  around: Surroundings,
): Promise<void> {
  const program = nodeProgram(path.join('gateway', 'configure.ts'), '--out', folder)
  const env = { ...program.env, ...environment }
  await runToEnd({ ...program, env, failed: 'The gateway could not be configured' }, around)
}

async function assertHealthy(settings: GatewaySettings, signal: AbortSignal, requestId: string): Promise<void> {
  const host = settings.address === '0.0.0.0' ? '127.0.0.1' : settings.address
  await assertReady(host, settings, signal, requestId)
  await setTimeout(WORKERS_LAG_MS, undefined, { signal })
}
