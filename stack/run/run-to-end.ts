import { spawn } from 'node:child_process'
import { Problem } from '../setup/problem.mjs'
import type { Plan, SupervisorContext } from './supervision/process-plan.ts'

/** A program that does its work and ends. */
export type Program = Pick<Plan, 'file' | 'args' | 'env' | 'cwd' | 'user' | 'endsWithParent'> & {
  /** What a Problem says when it fails, before its last lines. */
  readonly failed: string
}

/** The signals that give it up, and the run file by which the next start finds it when this process is killed. */
export type Watchers = Partial<Pick<SupervisorContext, 'runFile' | 'signal' | 'force'>>

const LAST_LINES = 20

/** Runs a program to its end; throws a Problem with its last lines when it fails. When it is given up, it ends before this throws. */
export async function runToEnd(program: Program, { runFile, signal, force }: Watchers = {}): Promise<void> {
  signal?.throwIfAborted()
  const { file, args, env, cwd, user, endsWithParent } = program
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...user,
    env,
    stdio: endsWithParent ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    // A group of its own: it is ended with all that it has started, and only from here.
    detached: true,
  })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (words += data))
  const { pid } = child
  if (pid !== undefined) runFile?.add(program.file, pid)
  const endBy = (name: NodeJS.Signals) => () => pid !== undefined && killGroup(pid, name)
  const [asked, forced] = [endBy('SIGTERM'), endBy('SIGKILL')]
  signal?.addEventListener('abort', asked)
  force?.addEventListener('abort', forced)
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, name) => resolve(name ?? `exit code ${code}`))
  })
  signal?.removeEventListener('abort', asked)
  force?.removeEventListener('abort', forced)
  if (pid !== undefined) runFile?.remove(pid)
  signal?.throwIfAborted()
  if (how === 'exit code 0') return
  const last = words.trim().split('\n').slice(-LAST_LINES).join('\n')
  throw new Problem(`${program.failed}. Its output:\n${last || how}`)
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}
