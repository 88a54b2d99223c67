import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { portVariables } from '@hotel/stack/config'
import { startOf } from '@hotel/stack/identity/identity'
import { freePort } from '@hotel/stack/run/ports'
import { root } from '../../stack/setup/run.mjs'

/** A command as a person gives it: what it has written, and how it has ended. */
export type Command = {
  readonly child: ChildProcess
  readonly output: () => string
  /** What it has written to standard error, without lines about packages that are missing here. */
  readonly errors: () => string
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** Free ports for everything, as the variables of `npm start`. */
export async function freePorts(): Promise<Record<string, string>> {
  const entries = Object.values(portVariables).map(async (variable) => [variable, String(await freePort())] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** Runs a command in the repository, in a process group of its own as a terminal would, with these variables only. */
export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd = root): Command {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(file, args, {
    cwd,
    env: { PATH, HOME, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (errors += data))
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  return { child, output: () => output, errors: () => errors, ended }
}

/** Waits until the command has written this; throws what it did write when it ends without, or takes a minute. */
export async function written(command: Command, words: string): Promise<void> {
  const over = command.ended.then((how) => `it has ended (${how})`)
  const late = setTimeout(60_000, 'a minute has passed', { ref: false })
  while (!command.output().includes(words)) {
    const why = await Promise.race([over, late, setTimeout(20, undefined)])
    if (why !== undefined && !command.output().includes(words))
      throw new Error(`no "${words}": ${why}\n${command.output()}\n${command.errors()}`)
  }
}

/** A process by its id and its beginning, so that another one with the same id is not taken for it. */
export type Process = { readonly name: string; readonly pid: number; readonly start: string }

/** A process and all that it has started, with the suite's under their names. */
export function family(pid: number, dataDir: string): readonly Process[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const parents = new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]))
  const names = new Map(runFile(dataDir).map(({ name, pid }) => [pid, name]))
  const isOf = (each: number): boolean => each === pid || (parents.has(each) && isOf(parents.get(each) ?? 0))
  return [...parents.keys()].filter(isOf).map((each) => ({
    name: names.get(each) ?? '',
    pid: each,
    start: startOf(each) ?? '',
  }))
}

export const lives = ({ pid, start }: Process): boolean => start !== '' && startOf(pid) === start

type Named = { readonly name: string; readonly pid: number }

/** Whom the suite's run file names; nobody before there is one, or after. */
function runFile(dataDir: string): readonly Named[] {
  const file = path.join(dataDir, 'run.json')
  if (!existsSync(file)) return []
  const { owner, children } = JSON.parse(readFileSync(file, 'utf8')) as { owner: Named; children: Named[] }
  return [owner, ...children]
}
