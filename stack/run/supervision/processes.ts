import { setTimeout } from 'node:timers/promises'
import { deathsOf, STEADY_MS } from './deaths.ts'
import { hangs } from './liveness.ts'
import type { Plan, SupervisorContext } from './process-plan.ts'
import { aborted, becomesReady, begin, type Run } from './process-run.ts'

export type HowToStop = { readonly signal: NodeJS.Signals; readonly withinMs: number }

/** A process under supervision. */
export type Supervised = {
  readonly name: string
  readonly pid: number | undefined
  /** Starts it and resolves when it is ready; else throws, a Problem with its last lines, and leaves nothing running. */
  start(): Promise<void>
  /** Stops it as its plan says, or in this way, by force when it takes too long. */
  stop(how?: HowToStop): Promise<void>
  /** Ends it by this signal (SIGKILL) and resolves when it has ended; it stays down until `start`. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

const RESTART_FIRST_MS = 250
const RESTART_MOST_MS = 10_000
/** How long a process may take to end at once in its own way; Postgres gives its sessions 5 s. */
const FORCE_MS = 10_000

/** Puts a process under supervision, not yet started. */
export function supervise(plan: Plan, around: SupervisorContext): Supervised {
  let current: Run | undefined
  let wanted = false
  let delay = RESTART_FIRST_MS
  let waiting = new AbortController()
  const own = { signal: plan.stopSignal, withinMs: plan.stopWithinMs }
  const deaths = deathsOf(plan.name, around)

  const launch = () => {
    const run = begin(plan, around)
    current = run
    deaths.begun()
    return run
  }

  const endWhenHung = async (run: Run): Promise<void> => {
    if (!around.restart || !(await hangs(plan, run, waiting.signal))) return
    around.say(`${plan.name} lives and does not answer any more: it is ended.`)
    run.child.kill('SIGKILL')
  }

  const restart = async (run: Run): Promise<void> => {
    void endWhenHung(run)
    const how = await run.ended
    if (!wanted || current !== run) return
    // After a steady life the delays begin again.
    delay = Date.now() - run.began > STEADY_MS ? RESTART_FIRST_MS : Math.min(delay * 2, RESTART_MOST_MS)
    const next = around.restart ? `it is started again in ${(delay / 1000).toFixed(1)} s` : 'it stays down'
    around.say(`${plan.name} has ended (${how}); ${next}. ${run.lastWords()}`)
    if (!around.restart) return
    deaths.ended(Date.now() - run.began, how, run.lastWords())
    await setTimeout(delay, undefined, { signal: waiting.signal }).catch(() => {})
    if (wanted && current === run) void restart(launch())
  }

  return {
    name: plan.name,
    get pid() {
      return current?.alive ? current.child.pid : undefined
    },
    async start() {
      around.signal.throwIfAborted()
      wanted = true
      waiting = new AbortController()
      const run = launch()
      try {
        await becomesReady(plan, run, around)
      } catch (error) {
        // Nobody has heard of it yet who would stop it.
        if (current === run) wanted = false
        await stopRun(plan, run, around, own)
        throw error
      }
      run.isReady = true
      void restart(run)
    },
    async stop(how = own) {
      wanted = false
      waiting.abort()
      deaths.stopped()
      if (current !== undefined) await stopRun(plan, current, around, how)
    },
    async kill(signal = 'SIGKILL') {
      wanted = false
      waiting.abort()
      deaths.stopped()
      if (!current?.alive) return
      current.child.kill(signal)
      await current.ended
    },
  }
}

/** Stops this life of a process, once, however many ask for it. */
function stopRun(plan: Plan, run: Run, around: SupervisorContext, how: HowToStop): Promise<unknown> {
  if (!run.alive) return run.ended
  run.stopping ??= end(plan, run, around, how)
  return run.stopping
}

async function end(
  plan: Plan,
  run: Run,
  { say, force }: SupervisorContext,
  { signal, withinMs }: HowToStop,
): Promise<void> {
  const over = new AbortController()
  const byForce = force === undefined ? over.signal : AbortSignal.any([over.signal, force])
  const forced = aborted(byForce)
  if (run.isReady) await Promise.race([plan.beforeStop?.().catch(() => {}), forced])
  run.child.kill(signal)
  await Promise.race([run.ended, forced, setTimeout(withinMs, undefined, { signal: over.signal }).catch(() => {})])
  if (run.alive) {
    if (!byForce.aborted) say(`${plan.name} did not stop within ${withinMs / 1000} s: it is ended by force.`)
    run.child.kill(plan.forceSignal ?? 'SIGKILL')
    await Promise.race([run.ended, setTimeout(FORCE_MS, undefined, { signal: over.signal }).catch(() => {})])
    run.child.kill('SIGKILL')
  }
  over.abort()
  await run.ended
}
