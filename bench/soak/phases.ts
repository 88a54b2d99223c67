import type { Load, Pace, Stretch } from './load.ts'
import type { Memory } from './processes.ts'

/** A stretch of load, with what it was to be and what it took. */
export type Phase = {
  readonly name: string
  readonly pace: Pace
  readonly stretch: Stretch
  /** Processor time of the suite for a call that was answered well, in milliseconds; undefined where there is no /proc. */
  readonly cpuMs: number | undefined
  /** Of each process, every second. */
  readonly memory: readonly Memory[]
}

/** What a soak came to. */
export type Soak = {
  /** Calls a second: the most that were answered in a step of the ramp, before the held load and around the overload. */
  readonly maximum: number
  readonly aroundOverload: number
  readonly held: Phase
  readonly overload: Phase
  readonly after: Phase
  readonly phases: readonly Phase[]
}

/** How long each part is, and how much too much the overload is. */
export type Plan = {
  readonly heldSeconds: number
  readonly overloadSeconds: number
  readonly afterSeconds: number
  /** Of the search for the maximum: a step of it. */
  readonly stepSeconds: number
  /** Of the maximum; and what there is afterwards. */
  readonly overload: number
  readonly after: number
}

/** What the phases look at. */
export type Around = {
  readonly load: Pick<Load, 'run'>
  readonly cpu: () => Promise<number | undefined>
  readonly memory: () => Promise<Memory | undefined>
  readonly say: (phase: Phase) => void
}

/** The part of the maximum that is held. */
export const HELD = 0.7

const WARM_IN_FLIGHT = 64
/**
 * The next step of the search has so many times the calls, as long as so many of them are answered; one that falls short is
 * tried once more, as something else may have been at work.
 */
const STEP = 1.4
const FOLLOWS = 0.9
const MOST_SHORT = 2
const MOST_STEPS = 14

/** Finds the maximum, holds a part of it, overloads, and goes back. */
export async function soak(plan: Plan, around: Around): Promise<Soak> {
  const phases: Phase[] = []
  const run = async (name: string, pace: Pace, seconds: number): Promise<Phase> => {
    const phase = await watched(name, pace, seconds, around)
    phases.push(phase)
    around.say(phase)
    return phase
  }
  const { stepSeconds, heldSeconds, overloadSeconds, afterSeconds } = plan
  const maximumNow = async (from: number) => {
    let best = 0
    let [perSecond, short] = [from, 0]
    for (let n = 0; n < MOST_STEPS && short < MOST_SHORT; n++) {
      const { stretch } = await run('search for the maximum', { perSecond }, stepSeconds)
      const answered = stretch.ok / Math.max(stepSeconds, stretch.elapsedMs / 1_000)
      best = Math.max(best, answered)
      if (answered < perSecond * FOLLOWS) short += 1
      else [perSecond, short] = [perSecond * STEP, 0]
    }
    return best
  }
  const warm = await run('warm-up', { inFlight: WARM_IN_FLIGHT }, 2 * stepSeconds)
  const before = await maximumNow(rateOf(warm))
  const held = await run('held', { perSecond: before * HELD }, heldSeconds)
  // On a machine that others use, too, the maximum of a while ago is another one.
  const now = await maximumNow(before * HELD)
  const overload = await run('overload', { perSecond: now * plan.overload }, overloadSeconds)
  const after = await run('after', { perSecond: now * plan.after }, afterSeconds)
  const then = await maximumNow(now * HELD)
  return { maximum: before, aroundOverload: (now + then) / 2, held, overload, after, phases }
}

/** Calls a second that were answered well, over the time in which they came. */
export function rateOf({ stretch: { seconds } }: Phase): number {
  return seconds.reduce((sum, { ok }) => sum + ok, 0) / Math.max(1, seconds.length)
}

const LOOK_EVERY_MS = 1_000

async function watched(name: string, pace: Pace, seconds: number, { load, cpu, memory }: Around): Promise<Phase> {
  const seen: Memory[] = []
  const look = async () => {
    const now = await memory()
    if (now !== undefined) seen.push(now)
    // Of processes that end in between, too.
    await cpu()
  }
  const before = await cpu()
  const looking = setInterval(() => void look(), LOOK_EVERY_MS)
  const stretch = await load.run(pace, seconds).finally(() => clearInterval(looking))
  const after = await cpu()
  const cpuMs = before === undefined || after === undefined ? undefined : (after - before) / stretch.ok
  return { name, pace, stretch, cpuMs, memory: seen }
}
