import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import type { RunFile } from './run-file.ts'
import { Problem } from './setup/problem.mjs'

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
  /** Resolves when the process does its work; asked again as long as it throws. */
  readonly ready: (signal: AbortSignal) => Promise<unknown>
  readonly readyWithinMs: number
  /** What is done before the signal to stop. */
  readonly beforeStop?: () => Promise<unknown>
  readonly stopSignal: NodeJS.Signals
  readonly stopWithinMs: number
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
  /** Ends the waiting for a process that is to be ready. */
  readonly signal: AbortSignal
}

/** A process under supervision. */
export type Supervised = {
  readonly name: string
  readonly pid: number | undefined
  /** Starts it and resolves when it is ready; throws a Problem with its last lines when it does not get there. */
  start(): Promise<void>
  /** Stops it as its plan says, or in this way, by force when it takes too long. */
  stop(how?: { readonly signal: NodeJS.Signals; readonly withinMs: number }): Promise<void>
  /** Ends it by this signal (SIGKILL) and resolves when it has ended; it stays down until `start`. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

const READY_EVERY_MS = 25
const RESTART_FIRST_MS = 250
const RESTART_MOST_MS = 10_000
/** A process that has run so long dies of something new: the delays begin again. */
const STEADY_MS = 30_000
const LAST_LINES = 15

/** Puts a process under supervision, not yet started. */
export function supervise(plan: Plan, around: Surroundings): Supervised {
  let current: Run | undefined
  let wanted = false
  let delay = RESTART_FIRST_MS
  let waiting = new AbortController()

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
      wanted = true
      waiting = new AbortController()
      const run = launch()
      await becomesReady(plan, run, around.signal)
      void restart(run)
    },
    async stop({ signal, withinMs } = { signal: plan.stopSignal, withinMs: plan.stopWithinMs }) {
      wanted = false
      waiting.abort()
      if (!current?.alive) return
      await plan.beforeStop?.().catch(() => {})
      current.child.kill(signal)
      const { ended } = current
      const tooLong = new AbortController()
      await Promise.race([ended, setTimeout(withinMs, undefined, { signal: tooLong.signal }).catch(() => {})])
      tooLong.abort()
      if (current.alive) {
        around.say(`${plan.name} did not stop within ${withinMs / 1000} s: it is ended by force.`)
        current.child.kill('SIGKILL')
      }
      await ended
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

/** One life of a process. */
type Run = {
  readonly child: ChildProcess
  readonly began: number
  readonly alive: boolean
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  lastWords(): string
}

function begin(plan: Plan, around: Surroundings): Run {
  const lines: string[] = []
  const input = plan.input === undefined ? 'ignore' : 'pipe'
  const child = spawn(plan.file, plan.args, {
    ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
    ...plan.user,
    env: plan.env,
    stdio: plan.endsWithParent ? [input, 'pipe', 'pipe', 'ipc'] : [input, 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches this process only, which stops the others in order.
    detached: true,
  })
  child.channel?.unref()
  // One that ended before it read all of it is reported by its end.
  child.stdin?.on('error', () => {}).end(plan.input)
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > LAST_LINES) lines.shift()
      around.log(plan.name, line)
    })
  }
  const { pid } = child
  if (pid !== undefined) around.runFile.add(plan.name, pid)
  let alive = pid !== undefined
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('exit', () => (alive = false))
  // Later than `exit`: only then have all its lines been read.
  child.once('close', (code, signal) => {
    if (pid !== undefined) around.runFile.remove(pid)
    resolve(signal ?? `exit code ${code}`)
  })
  return {
    child,
    began: Date.now(),
    get alive() {
      return alive
    },
    ended,
    lastWords: () =>
      lines.length === 0 ? 'It wrote nothing.' : `Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  }
}

async function becomesReady(plan: Plan, run: Run, given: AbortSignal): Promise<void> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, given, AbortSignal.timeout(plan.readyWithinMs)])
  let why = 'not asked'
  const polling = async () => {
    while (!signal.aborted) {
      try {
        await plan.ready(signal)
        return 'ready' as const
      } catch (error) {
        why = (error as Error).message
      }
      await setTimeout(READY_EVERY_MS, undefined, { signal }).catch(() => {})
    }
    return 'late' as const
  }
  const outcome = await Promise.race([polling(), run.ended])
  over.abort()
  given.throwIfAborted()
  if (outcome === 'ready') return
  if (outcome !== 'late')
    throw new Problem(`${plan.name} has ended (${outcome}) before it was ready. ${run.lastWords()}`)
  throw new Problem(`${plan.name} was not ready within ${plan.readyWithinMs / 1000} s (${why}). ${run.lastWords()}`)
}
