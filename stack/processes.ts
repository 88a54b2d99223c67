import { setTimeout } from 'node:timers/promises'
import { aborted, becomesReady, begin, type Run } from './process-run.ts'
import type { RunFile } from './run-file.ts'

/** A process: how it is started, when it is ready, how it is stopped. */
export type Plan = {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number }
  /** What it reads from its standard input. */
  readonly input?: string
  /** A Node process that shall end when this one does: it is given a channel to notice by. */
  readonly endsWithParent?: boolean
  /** Resolves when the process, which has this id, does its work; asked again as long as it throws. */
  readonly ready: (signal: AbortSignal, pid: number) => Promise<unknown>
  readonly readyWithinMs: number
  /** What is done before the signal to stop. */
  readonly beforeStop?: () => Promise<unknown>
  readonly stopSignal: NodeJS.Signals
  readonly stopWithinMs: number
  /** What ends it at once: SIGKILL, unless it leaves something behind then. */
  readonly forceSignal?: NodeJS.Signals
}

/** What all processes of a stack share. */
export type Surroundings = {
  readonly runFile: RunFile
  /** Takes each line that a process writes. */
  readonly log: (name: string, line: string) => void
  /** Takes sentences to a person. */
  readonly say: (sentence: string) => void
  /** Whether a process that dies is started again, as a supervisor would. */
  readonly restart: boolean
  /** Gives up what is being started; nothing is started any more. */
  readonly signal: AbortSignal
  /** Ends by force what is being stopped, and what is stopped from then on. */
  readonly force?: AbortSignal
}

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
/** A process that has run so long dies of something new: the delays begin again. */
const STEADY_MS = 30_000
/** How long a process may take to end at once in its own way; Postgres gives its sessions 5 s. */
const FORCE_MS = 10_000

/** Puts a process under supervision, not yet started. */
export function supervise(plan: Plan, around: Surroundings): Supervised {
  let current: Run | undefined
  let wanted = false
  let delay = RESTART_FIRST_MS
  let waiting = new AbortController()
  const own = { signal: plan.stopSignal, withinMs: plan.stopWithinMs }

  const launch = () => {
    const run = begin(plan, around)
    current = run
    return run
  }

  const restart = async (run: Run): Promise<void> => {
    const how = await run.ended
    if (!wanted || current !== run) return
    delay = Date.now() - run.began > STEADY_MS ? RESTART_FIRST_MS : Math.min(delay * 2, RESTART_MOST_MS)
    const next = around.restart ? `it is started again in ${(delay / 1000).toFixed(1)} s` : 'it stays down'
    around.say(`${plan.name} has ended (${how}); ${next}. ${run.lastWords()}`)
    if (!around.restart) return
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
        await becomesReady(plan, run, around.signal)
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
      if (current !== undefined) await stopRun(plan, current, around, how)
    },
    async kill(signal = 'SIGKILL') {
      wanted = false
      waiting.abort()
      if (!current?.alive) return
      current.child.kill(signal)
      await current.ended
    },
  }
}

/** Stops this life of a process, once, however many ask for it. */
function stopRun(plan: Plan, run: Run, around: Surroundings, how: HowToStop): Promise<unknown> {
  if (!run.alive) return run.ended
  run.stopping ??= end(plan, run, around, how)
  return run.stopping
}

async function end(plan: Plan, run: Run, { say, force }: Surroundings, { signal, withinMs }: HowToStop): Promise<void> {
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
