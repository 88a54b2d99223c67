import { type ChildProcess, spawn } from 'node:child_process'
import { Problem } from '../setup/problem.mjs'

/** A program of PATH in a pipe, with what it needs to be installed. */
export type Filter = { readonly file: string; readonly args: readonly string[]; readonly remedy: string }

/** A running filter: its streams, and its end, which throws a Problem when it fails. */
export type Running = {
  readonly stdin: NonNullable<ChildProcess['stdin']>
  readonly stdout: NonNullable<ChildProcess['stdout']>
  readonly ended: Promise<void>
}

const LAST_CHARACTERS = 2_000

type Options = {
  /** Whether it has not failed, by its exit code other than 0 and each line of its words. */
  readonly isHarmless?: ((code: number, line: string) => boolean) | undefined
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
}

/** Starts a filter. */
export function startFilter(
  { file, args, remedy }: Filter,
  { isHarmless = () => false, signal }: Options = {},
): Running {
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
    ...(signal && { signal }),
  })
  let words = ''
  child.stderr.on('data', (data) => (words = `${words}${data}`.slice(-LAST_CHARACTERS)))
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Problem(`There is no \`${file}\` on PATH: ${remedy}.`) : error),
    )
    child.once('close', (code, signal) => {
      // The first line may be cut off.
      const lines = words
        .trim()
        .split('\n')
        .slice(words.length < LAST_CHARACTERS ? 0 : 1)
      if (code === 0 || (code !== null && lines.every((line) => isHarmless(code, line)))) return resolve()
      reject(new Problem(`${file} failed (${signal ?? `exit code ${code}`}): see its words.\n${words.trim()}`))
    })
  })
  // Its end is awaited after its streams, which may fail first.
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  return { stdin: child.stdin, stdout: child.stdout, ended }
}
