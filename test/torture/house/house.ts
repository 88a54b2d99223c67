import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { perService, type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { type Stack, startStack } from '@hotel/stack/stack'
import type { QueryResultRow } from 'pg'
import { startOwnGateway } from '../../harness/own-gateway.ts'
import { testFolder } from '../../harness/test-cluster.ts'
import { mintFor } from '../../harness/test-suite.ts'
import { openProxy, type TcpProxy } from '../nemesis/proxy.ts'

/** The suite under torture: two of each service, two gateways, a Postgres and a Redis of its own, proxies between them. */
export type House = AsyncDisposable & {
  readonly stack: Stack
  readonly gateways: readonly NonNullable<Stack['gateway']>[]
  /** Addresses of the gateways, through the proxies. */
  readonly doors: readonly string[]
  readonly proxies: Readonly<Record<Between, readonly TcpProxy[]>>
  /** Files with the seconds by which the clock of each instance of reservations is off. */
  readonly clockFiles: readonly string[]
  mint(subject: string): Promise<string>
  /** Runs a statement in a service's database as the administrator; gives the rows. */
  sql<Row extends QueryResultRow>(service: ServiceName, text: string, params?: readonly unknown[]): Promise<Row[]>
  /** What the processes have written last. */
  lines(): readonly string[]
}

/** What a proxy is between. */
export type Between = 'clients' | 'Postgres' | 'peers' | 'Redis'

const INSTANCES = 2
const MOST_LINES = 4_000

/** Starts it, with one guests and one rooms service if it is to be light; nothing is left of it after its end. */
export async function openHouse(signal: AbortSignal, isLight: boolean): Promise<House> {
  await using opened = new AsyncDisposableStack()
  const lines: string[] = []
  const write = (line: string) => {
    lines.push(line)
    if (lines.length > MOST_LINES) lines.splice(0, MOST_LINES / 2)
  }
  const folder = await testFolder()
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const proxy = async () => opened.use(await openProxy())
  const [postgres, redis] = [await proxy(), await proxy()]
  const peers: TcpProxy[] = []
  const clockFiles = Array.from({ length: INSTANCES }, (_, n) => path.join(folder, `clock-${n}`))
  for (const file of clockFiles) await writeFile(file, '0')
  // One for each instance that others call, which is where its address leads.
  const byAddress = new Map<string, TcpProxy>()
  for (let n = 0; n < INSTANCES * serviceNames.length; n++) peers.push(await proxy())
  const through = (address: string) => {
    const known = byAddress.get(address) ?? (peers[byAddress.size] as TcpProxy)
    byAddress.set(address, known)
    const [host = '', port] = address.split(':')
    known.to(host, Number(port))
    return `127.0.0.1:${known.port}`
  }
  const env = (_: number, given: Readonly<Record<string, string>>) => {
    const others = ['GUESTS_ADDRESS', 'ROOMS_ADDRESS', 'RESERVATIONS_ADDRESS']
    return {
      DATABASE_URL: behind(postgres, given.DATABASE_URL ?? ''),
      ...(given.REDIS_URL !== undefined && { REDIS_URL: behind(redis, given.REDIS_URL) }),
      ...Object.fromEntries(others.map((name) => [name, (given[name] ?? '').split(',').map(through).join(',')])),
      HOLD_SWEEP_SECONDS: '1',
    }
  }
  const stack = await startStack({
    dataDir: folder,
    instances: { ...perService(() => (isLight ? 1 : INSTANCES)), reservations: INSTANCES },
    signal,
    env: {
      guests: env,
      rooms: env,
      reservations: (n, given) => ({ ...env(n, given), TEST_CLOCK_FILE: clockFiles[n] ?? '' }),
    },
    concurrency: 1,
    log: (name, line) => write(`${name}: ${line}`),
    say: write,
  })
  opened.defer(() => stack.stop())
  const second = await startOwnGateway(stack, {}, write)
  opened.defer(second.stop)
  const gateways = [stack.gateway, second.gateway].filter((gateway) => gateway !== undefined)
  const clients = []
  for (const gateway of gateways) {
    const front = await proxy()
    front.to('127.0.0.1', gateway.port)
    clients.push(front)
  }
  const server = stack.postgres?.url ?? ''
  const all = opened.move()
  return {
    stack,
    gateways,
    doors: clients.map(({ port }) => `127.0.0.1:${port}`),
    proxies: { clients, Postgres: [postgres], peers, Redis: [redis] },
    clockFiles,
    mint: (subject) => mintFor(stack, { subject }),
    sql: (service, text, params = []) =>
      administer(databaseUrl(server, service), async (client) => (await client.query(text, [...params])).rows),
    lines: () => lines,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A URL as it is reached by a proxy. */
function behind(proxy: TcpProxy, url: string): string {
  const parsed = new URL(url)
  proxy.to(parsed.hostname, Number(parsed.port))
  parsed.port = String(proxy.port)
  return parsed.href
}
