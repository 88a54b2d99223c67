import { randomUUID } from 'node:crypto'
import { appendFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { assertServing } from '@hotel/runtime/server/health'
import type { Supervised } from '@hotel/stack/run/supervision/processes'
import { type PerService, perService, type ServiceName, serviceNames } from '@hotel/stack/service-names'
import type { Stack } from '@hotel/stack/stack'
import type { TestCluster } from './test-cluster.ts'
import { startTestStack, type TestStack } from './test-stack.ts'

/** Which stack of the pool; everything else of it is as usual. */
export type Kind = {
  /** How many instances each service has: 1 unless it is said. */
  readonly replicas?: number
  /** Whether its services go by a clock that a test moves, and sweep no lapsed hold by themselves. */
  readonly clock?: boolean
}

/** A stack of the pool, as a test file in another process is told of it. */
export type Lent = Pick<Stack, 'dataDir' | 'addresses' | 'metricsAddresses' | 'databaseUrls' | 'pageTokenKey'> & {
  readonly id: string
  readonly adminUrls: PerService<string>
  /** The file to which what its processes write is added. */
  readonly linesFile: string
  /** The file with the seconds by which the services' clock is off. */
  readonly clockFile: string | undefined
  readonly redisUrl: string | undefined
  readonly gateway: { readonly port: number; readonly adminPort: number }
  readonly processes: Processes
}

/** The ids of the processes that run, and null of the others, by their names. */
export type Processes = Readonly<Record<string, number | null>>

/** What is done to a process of a stack that was lent. */
export type Act = { readonly id: string; readonly name: string } & (
  | { readonly act: 'start' }
  | { readonly act: 'stop'; readonly how?: Parameters<Supervised['stop']>[0] }
  | { readonly act: 'kill'; readonly signal?: NodeJS.Signals }
)

type Pooled = TestStack &
  Pick<Lent, 'linesFile' | 'clockFile'> & {
    readonly replicas: number
    /** When the file with the clock was written for who has the stack. */
    clockWritten?: number
    stop(): Promise<void>
  }

const SOUND_WITHIN_MS = 10_000
/** Stacks that stand by while another is started. */
const MOST_IDLE = 2

/**
 * Lends started stacks to test files, one after another, so that not each has to start its own: a file asks for a kind,
 * has the stack to itself, and gives it back. One that was given back with a part missing, or with another clock, by which the
 * services have swept what others had, is stopped. Listens on a socket in the folder.
 */
export async function openSuitePool(
  cluster: TestCluster,
  folder: string,
): Promise<{ readonly socket: string; close(): Promise<void> }> {
  const idle: Pooled[] = []
  const lent = new Map<string, Pooled>()
  const stopping: Promise<void>[] = []
  const stop = (pooled: Pooled | undefined) => void stopping.push(pooled?.stop() ?? Promise.resolve())

  const borrow = async ({ replicas = 1, clock = false }: Kind): Promise<Lent> => {
    const index = idle.findIndex((each) => each.replicas === replicas && (each.clockFile !== undefined) === clock)
    const found = index < 0 ? undefined : idle.splice(index, 1)[0]
    // Files of a kind run together: those of another are used up.
    while (found === undefined && idle.length >= MOST_IDLE) stop(idle.shift())
    const pooled = found ?? (await startPooled(cluster, folder, replicas, clock))
    // What was written before is of others.
    writeFileSync(pooled.linesFile, '')
    if (pooled.clockFile !== undefined) {
      writeFileSync(pooled.clockFile, '0')
      pooled.clockWritten = statSync(pooled.clockFile).mtimeMs
    }
    const id = randomUUID()
    lent.set(id, pooled)
    return describe(id, pooled)
  }
  const giveBack = async ({ id }: { readonly id: string }) => {
    const pooled = lentBy(id)
    lent.delete(id)
    const isMoved = pooled.clockFile !== undefined && statSync(pooled.clockFile).mtimeMs !== pooled.clockWritten
    if (!isMoved && (await isSound(pooled))) idle.push(pooled)
    else stop(pooled)
  }
  const act = async (asked: Act): Promise<Processes> => {
    const { stack } = lentBy(asked.id)
    const process = processesOf(stack).find(({ name }) => name === asked.name)
    if (process === undefined) throw new Error(`there is no process ${asked.name}`)
    if (asked.act === 'start') await process.start()
    else if (asked.act === 'stop') await process.stop(asked.how)
    else await process.kill(asked.signal)
    return pidsOf(stack)
  }
  const lentBy = (id: string): Pooled => {
    const pooled = lent.get(id)
    if (pooled === undefined) throw new Error('this stack is not lent')
    return pooled
  }

  const routes: Readonly<Record<string, (asked: never) => Promise<unknown>>> = { borrow, giveBack, act }
  const server = createServer(async (request, response) => {
    try {
      const route = routes[request.url?.slice(1) ?? '']
      answer(response, 200, await route?.(JSON.parse(await text(request)) as never))
    } catch (error) {
      answer(response, 500, (error as Error).message)
    }
  })
  const socket = path.join(folder, 'pool')
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  return {
    socket,
    async close() {
      server.close()
      for (const pooled of [...idle, ...lent.values()]) stop(pooled)
      await Promise.all(stopping)
    },
  }
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? null))
}

async function startPooled(cluster: TestCluster, folder: string, replicas: number, clock: boolean): Promise<Pooled> {
  const id = randomUUID()
  const linesFile = path.join(folder, `lines-${id}`)
  const clockFile = clock ? path.join(folder, `clock-${id}`) : undefined
  if (clockFile !== undefined) writeFileSync(clockFile, '0')
  const options = {
    instances: perService(() => replicas),
    ...(clockFile !== undefined && { clockFile, env: { reservations: { HOLD_SWEEP_SECONDS: '86400' } } }),
  }
  const started = await startTestStack(cluster, options, (line) => appendFileSync(linesFile, `${line}\n`))
  return { ...started, replicas, linesFile, clockFile }
}

function describe(id: string, { stack, adminUrl, linesFile, clockFile }: Pooled): Lent {
  const { dataDir, addresses, metricsAddresses, databaseUrls, pageTokenKey, gateway, redis } = stack
  return {
    ...{ id, dataDir, addresses, metricsAddresses, databaseUrls, pageTokenKey, linesFile, clockFile },
    adminUrls: perService(adminUrl),
    redisUrl: redis?.url,
    gateway: { port: gateway?.port ?? 0, adminPort: gateway?.adminPort ?? 0 },
    processes: pidsOf(stack),
  }
}

function processesOf({ services, gateway, redis }: Stack): readonly Supervised[] {
  const others = [gateway?.process, redis?.process].filter((each) => each !== undefined)
  return [...serviceNames.flatMap((name) => services[name].instances), ...others]
}

function pidsOf(stack: Stack): Processes {
  return Object.fromEntries(processesOf(stack).map(({ name, pid }) => [name, pid ?? null]))
}

/** Whether everything runs, and the services answer. */
async function isSound({ stack }: Pooled): Promise<boolean> {
  if (processesOf(stack).some(({ pid }) => pid === undefined)) return false
  const signal = AbortSignal.timeout(SOUND_WITHIN_MS)
  const ask = (name: ServiceName) => Promise.all(stack.addresses[name].map((at) => assertServing(at, signal)))
  return Promise.all(serviceNames.map(ask)).then(
    () => true,
    () => false,
  )
}
