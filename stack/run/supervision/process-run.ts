import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../setup/problem.mjs'
import type { Plan, SupervisorContext } from './process-plan.ts'

const READY_EVERY_MS = 25
const LAST_LINES = 15
/** How long a process may take to say what it has done. */
const PROGRESS_MS = 5_000

/** One life of a process. */
export type Run = {
  readonly child: ChildProcess
  readonly began: number
  readonly alive: boolean
  /** Whether it has done its work. */
  isReady: boolean
  /** Its end, once it is being stopped. */
  stopping: Promise<void> | undefined
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  lastWords(): string
}

/** Starts a process, which the run file knows from then on. */
export function begin(plan: Plan, around: SupervisorContext): Run {
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
    isReady: false,
    stopping: undefined,
    get alive() {
      return alive
    },
    ended,
    lastWords: () =>
      lines.length === 0 ? 'It wrote nothing.' : `Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  }
}

/** Resolves when the process is ready; throws when it ends, is late, or is given up by the signal, and leaves it as it is. */
export async function becomesReady(plan: Plan, run: Run, { signal: given, say }: SupervisorContext): Promise<void> {
  const over = new AbortController()
  using lateness = latenessOf(plan, say)
  const signal = AbortSignal.any([over.signal, given, lateness.signal])
  let why = 'not asked'
  const polling = async () => {
    while (!signal.aborted) {
      try {
        await plan.ready(signal, run.child.pid ?? 0)
        return 'ready' as const
      } catch (error) {
        why = (error as Error).message
      }
      await sleep(READY_EVERY_MS, undefined, { signal }).catch(() => {})
    }
    return 'late' as const
  }
  const late = aborted(signal).then(() => 'late' as const)
  const outcome = await Promise.race([polling(), late, run.ended])
  over.abort()
  given.throwIfAborted()
  if (outcome === 'ready') return
  if (outcome !== 'late')
    throw new Problem(`${plan.name} has ended (${outcome}) before it was ready. ${run.lastWords()}`)
  throw new Problem(`${plan.name} was not ready within ${plan.readyWithinMs / 1000} s (${why}). ${run.lastWords()}`)
}

/** Aborts when a process takes longer than its plan allows, from its start or from the last look at which it had done more. */
function latenessOf({ name, readyWithinMs, progress }: Plan, say: SupervisorContext['say']) {
  const late = new AbortController()
  let isOver = false
  let done: string | undefined
  const look = async () => {
    const now = await progress?.(AbortSignal.timeout(PROGRESS_MS)).catch(() => done)
    if (isOver) return
    if (now === done) return late.abort()
    done = now
    say(`${name} is not ready yet, and gets on: ${now}.`)
    timer = setTimeout(look, readyWithinMs)
  }
  let timer = setTimeout(look, readyWithinMs)
  const end = () => {
    isOver = true
    clearTimeout(timer)
  }
  return { signal: late.signal, [Symbol.dispose]: end }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
