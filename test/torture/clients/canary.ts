import type { Evidence } from '../history/evidence.ts'
import { RECOVERY_MS } from '../plan/recovery.ts'

const EVERY_MS = 50
/** On a machine that has time for this process a tick is never so late. */
const LATE_MS = 200

type Stalls = readonly Evidence['stalls'][number][]

/** Watches whether the machine has time. */
export type Canary = { readonly stalls: Stalls; readonly now: () => number; stop(): void }

/** Takes down when the machine had no time for this process, and so for none of the suite: what fails then may fail by that. */
export function watchStalls(now: () => number): Canary {
  const stalls: Evidence['stalls'][number][] = []
  let last = now()
  const timer = setInterval(() => {
    const at = now()
    if (at - last > EVERY_MS + LATE_MS) stalls.push({ start: last, end: at })
    last = at
  }, EVERY_MS)
  return { stalls, now, stop: () => clearInterval(timer) }
}

/** How long the machine had time between two moments: without the stalls, and what comes back after each. */
export function calmMs(stalls: Stalls, from: number, to: number): number {
  let calm = 0
  let at = from
  for (const { start, end } of stalls) {
    calm += Math.max(0, Math.min(start, to) - at)
    at = Math.max(at, end + RECOVERY_MS)
  }
  return calm + Math.max(0, to - at)
}
