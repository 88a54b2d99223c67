import { serviceNames } from '@hotel/stack/service-names'
import type { Stack } from '@hotel/stack/stack'
import { cpuClock } from '../../bench/frame/cpu.ts'

/** The processes that answer calls: services, gateway, Postgres and Redis. */
export function pidsOf({ services, postgres, redis, gateway }: Stack): number[] {
  const processes = [
    ...serviceNames.flatMap((name) => services[name].instances),
    postgres?.process,
    redis?.process,
    gateway?.process,
  ]
  return processes.flatMap((process) => process?.pid ?? [])
}

/** Gives the CPU time that some processes use for a piece of work, in milliseconds. */
export type Meter = (work: () => Promise<unknown>) => Promise<number>

/** A meter of these processes. What they go on with after an answer is of the call that it answers. */
export function meter(pids: readonly number[]): Meter {
  const clock = cpuClock(pids)
  const read = async () => {
    const time = await clock()
    if (time === undefined) throw new Error('there is no /proc, from which the processor time is read')
    return time
  }
  const settled = async () => {
    const deadline = performance.now() + SETTLED_WITHIN_MS
    for (let before = await read(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      const now = await read()
      if (now - before < IDLE_MS || performance.now() > deadline) return now
      before = now
    }
  }
  return async (work) => {
    const before = await settled()
    await work()
    return (await settled()) - before
  }
}

const LOOK_EVERY_MS = 15
/** What idle processes use at most between two looks. */
const IDLE_MS = 0.7
const SETTLED_WITHIN_MS = 1_000
