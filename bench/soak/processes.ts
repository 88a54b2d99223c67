import { readdir, readFile } from 'node:fs/promises'
import { serviceNames } from '@hotel/stack/service-names'
import type { Stack } from '@hotel/stack/stack'
import { type CpuClock, cpuClock } from '../frame/cpu.ts'

/** The processes of a suite, by what they are. */
export function processesOf({ services, postgres, redis, gateway }: Stack): ReadonlyMap<string, number> {
  const all = [
    ...serviceNames.map((name) => [name, services[name].instances[0]] as const),
    ['gateway', gateway?.process] as const,
    ['postgres', postgres?.process] as const,
    ['redis', redis?.process] as const,
  ]
  return new Map(all.flatMap(([name, process]) => (process?.pid === undefined ? [] : [[name, process.pid] as const])))
}

/** Tells the processor time that all of them have used, in milliseconds; undefined where there is no /proc. */
export function clockOf(processes: ReadonlyMap<string, number>): CpuClock {
  return cpuClock([...processes.values()])
}

/** The memory of each process that it shares with no other, those included that it has started, in MiB. */
export type Memory = Readonly<Record<string, number>>

/** Looks at the memory of processes; undefined where there is no /proc. */
export async function memoryOf(processes: ReadonlyMap<string, number>): Promise<Memory | undefined> {
  const entries = await Promise.all(
    [...processes].map(async ([name, pid]) => {
      const pids = [String(pid), ...(await childrenOf(pid))]
      const all = await Promise.all(pids.map(ownMemory))
      return [name, all.reduce((sum, mib) => sum + mib, 0)] as const
    }),
  )
  return entries.every(([, mib]) => mib === 0) ? undefined : Object.fromEntries(entries)
}

async function childrenOf(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  return texts
    .join(' ')
    .split(' ')
    .filter((child) => child !== '')
}

/** Shared buffers and programs count in each process of Postgres: what a leak grows is what is not shared. */
async function ownMemory(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024
}
