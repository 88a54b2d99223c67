import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { assertServing } from '@hotel/runtime/server/health'
import { nodeProgram } from '@hotel/stack/run/node-program'
import { freePort } from '@hotel/stack/run/ports'
import { findRateLimitService, findRedis } from '../../stack/setup/binaries.mjs'
import { run } from '../../stack/setup/run.mjs'
import { testFolder } from '../harness/test-cluster.ts'
import { eventually } from '../support/hotel.ts'

/** Envoy's rate limit service with a Redis of its own, for gateways with these variables. */
export type RateLimitService = AsyncDisposable & {
  /** `host:port`, where gateways ask. */
  readonly address: string
  /** Starts it again after `kill`. */
  start(): Promise<void>
  kill(): Promise<void>
}

/** Starts it with the configuration that the gateway's program makes of its variables. */
export async function startRateLimitService(environment: Readonly<Record<string, string>>): Promise<RateLimitService> {
  await using started = new AsyncDisposableStack()
  const folder = await testFolder()
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const program = nodeProgram('gateway/envoy/configure.ts', '--rate-limits', folder)
  const { ok, output } = await run(program.file, program.args, { env: { ...program.env, ...environment } })
  if (!ok) throw new Error(output)
  const [redisPort, grpcPort, httpPort, debugPort] = [
    ...[await freePort(), await freePort(), await freePort(), await freePort()],
  ] as [number, number, number, number]
  const begin = (file: string, args: string[], env = {}) => {
    const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' })
    const end = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    return { end }
  }
  const redis = [
    '--port',
    String(redisPort),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]
  started.defer(begin(findRedis() ?? '', redis).end)
  let service: ReturnType<typeof begin> | undefined
  const address = `127.0.0.1:${grpcPort}`
  const start = async () => {
    service = begin(findRateLimitService() ?? '', [], {
      RUNTIME_ROOT: folder,
      RUNTIME_SUBDIRECTORY: 'limits',
      USE_STATSD: 'false',
      REDIS_SOCKET_TYPE: 'tcp',
      REDIS_URL: `127.0.0.1:${redisPort}`,
      GRPC_HOST: '127.0.0.1',
      GRPC_PORT: String(grpcPort),
      HOST: '127.0.0.1',
      PORT: String(httpPort),
      DEBUG_HOST: '127.0.0.1',
      DEBUG_PORT: String(debugPort),
    })
    await eventually(() => assertServing(address, AbortSignal.timeout(1_000)), 20_000)
  }
  started.defer(() => service?.end())
  await start()
  const all = started.move()
  return { address, start, kill: async () => service?.end(), [Symbol.asyncDispose]: () => all.disposeAsync() }
}
