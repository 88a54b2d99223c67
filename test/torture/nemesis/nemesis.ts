import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../history/evidence.ts'
import type { Recorder } from '../history/recorder.ts'
import type { House } from '../house/house.ts'
import type { PlannedFault } from '../plan/operations.ts'
import { clockOffset, harm, processesOf } from './acts.ts'

/** What came of the faults: as they happened, and what did not come back. */
export type Harm = { readonly faults: readonly Fault[]; readonly stuck: readonly string[] }

const TRIES = 3

/** Does harm by the plan, one fault after another, each healed before the next; all is up again at the end. */
export async function runNemesis(
  planned: readonly PlannedFault[],
  house: House,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<Harm> {
  const faults: Fault[] = []
  const stuck: string[] = []
  for (const each of planned) {
    // A healing that took long moves those after it, and they keep their distance.
    const wait = each.atMs - recorder.now()
    if (wait > 0) await sleep(wait, undefined, { signal })
    const start = recorder.now()
    const { what, heal } = await harm(each, house)
    const fault: Fault = { planned: each, what, start }
    faults.push(fault)
    recorder.fault(fault)
    try {
      await sleep(each.forMs, undefined, { signal })
    } finally {
      await heal()
      if (!signal.aborted) stuck.push(...(await bringBack(house)))
      recorder.faultOver(fault)
    }
  }
  return { faults, stuck }
}

/** Starts what does not run; says what did not start. */
async function bringBack(house: House): Promise<string[]> {
  const down = processesOf(house).filter(({ pid }) => pid === undefined)
  // Postgres first: the services wait for it.
  const failed: string[] = []
  for (const process of down) {
    for (let n = 1; ; n++) {
      try {
        await process.start()
        break
      } catch (error) {
        if (n < TRIES) continue
        failed.push(`${process.name} does not start: ${(error as Error).message}`)
        break
      }
    }
  }
  return failed
}

/** By how many milliseconds the faults of a plan move a clock at most. */
export function clockBounds(planned: readonly PlannedFault[]): { behind: number; ahead: number } {
  const offsets = planned.filter(({ kind }) => kind === 'move clock').map(({ amount }) => clockOffset(amount) * 1_000)
  return { behind: -Math.min(0, ...offsets), ahead: Math.max(0, ...offsets) }
}
