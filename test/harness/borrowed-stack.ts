import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { openIssuer } from '@hotel/stack/identity/issuer'
import type { Supervised } from '@hotel/stack/run/supervision/processes'
import { serviceOf } from '@hotel/stack/servers/services'
import { perService, type ServiceName } from '@hotel/stack/service-names'
import type { Stack } from '@hotel/stack/stack'
import type { Act, Kind, Lent, Processes } from './suite-pool.ts'
import type { TestStack } from './test-stack.ts'

/** A stack of the pool, for as long as it is not given back. */
export type BorrowedStack = TestStack &
  Pick<Lent, 'clockFile'> & { lines(): readonly string[]; giveBack(): Promise<void> }

/** Borrows a stack of this kind from the pool that listens on the socket: waits until it has started if none is idle. */
export async function borrowStack(socket: string, kind: Kind): Promise<BorrowedStack> {
  const lent = await ask<Lent>(socket, 'borrow', kind)
  return {
    stack: { ...lent, ...parts(lent, (asked) => ask<Processes>(socket, 'act', asked)), ...(await issuerOf(lent)) },
    adminUrl: (service) => lent.adminUrls[service],
    folder: lent.dataDir,
    clockFile: lent.clockFile,
    lines: linesOf(lent.linesFile),
    giveBack: () => ask(socket, 'giveBack', { id: lent.id }),
  }
}

function parts(lent: Lent, act: (asked: Act) => Promise<Processes>) {
  let { processes } = lent
  const perform = async (asked: Omit<Act, 'id'>) => {
    processes = await act({ ...asked, id: lent.id } as Act)
  }
  const supervised = (name: string): Supervised => ({
    name,
    get pid() {
      return processes[name] ?? undefined
    },
    start: () => perform({ name, act: 'start' }),
    stop: (how) => perform({ name, act: 'stop', ...(how === undefined ? {} : { how }) } as Act),
    kill: (signal) => perform({ name, act: 'kill', ...(signal === undefined ? {} : { signal }) } as Act),
  })
  const instances = (name: ServiceName) =>
    Object.keys(processes).filter((each) => each === name || each.startsWith(`${name}-`))
  return {
    services: perService((name) => serviceOf(instances(name).map(supervised))),
    postgres: undefined,
    redis: lent.redisUrl === undefined ? undefined : { url: lent.redisUrl, process: supervised('redis') },
    gateway: { ...lent.gateway, process: supervised('gateway') },
  }
}

async function issuerOf({ dataDir }: Lent): Promise<Pick<Stack, 'issuer' | 'stop' | typeof Symbol.asyncDispose>> {
  const refuse = () => Promise.reject(new Error('this stack is shared: only its processes can be stopped'))
  return { issuer: await openIssuer(dataDir), stop: refuse, [Symbol.asyncDispose]: refuse }
}

/** Reads what was added to a file since it was read last; gives all lines. */
function linesOf(file: string): () => readonly string[] {
  const lines: string[] = []
  return () => {
    const all = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    lines.push(...all.slice(lines.length))
    return lines
  }
}

function ask<Answer>(socketPath: string, route: string, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept may be closed by the other side as it is used again.
    request({ socketPath, path: `/${route}`, method: 'POST', agent: false }, (response) => {
      text(response).then((json) => {
        const answer = JSON.parse(json) as Answer
        if (response.statusCode === 200) resolve(answer)
        else reject(new Error(String(answer)))
      }, reject)
    })
      .once('error', reject)
      .end(JSON.stringify(body))
  })
}
