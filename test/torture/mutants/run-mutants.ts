import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../../../stack/setup/problem.mjs'
import { compileCache, root } from '../../../stack/setup/run.mjs'
import type { Summary } from '../report/report.ts'
import type { Settings } from '../report/settings.ts'
import { bookingMutants } from './booking-mutants.ts'
import type { Mutant } from './mutant.ts'
import { mutatedCopy } from './mutated-copy.ts'
import { otherMutants } from './other-mutants.ts'

/** All defects that the checker is tried with. */
export const MUTANTS: readonly Mutant[] = [...bookingMutants, ...otherMutants]

/** How long clients call a suite with a defect: if it is not found at first, for longer, and at last for a minute. */
const SECONDS = [15, 60]
const TRIES = 3

/** Breaks the suite in each of these ways and runs the checker on it; says how each was found. Whether all were. */
export async function runMutants(
  { names, seed, clients, small }: Settings,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown !== undefined)
    throw new Problem(`"${unknown}" is no mutant: they are ${MUTANTS.map(({ name }) => name).join(', ')}.`)
  const chosen = MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name))
  const rows: string[][] = []
  let areAllFound = true
  for (const mutant of chosen) {
    signal.throwIfAborted()
    say(`\n=== ${mutant.name}: ${mutant.what}`)
    const options = ['--light', `--seed=${seed}`, `--clients=${clients}`, `--small=${small}`]
    const found = await findMutant(mutant, options, say, signal).catch((error: Error) => void say(error.message))
    areAllFound &&= found !== undefined
    rows.push([
      mutant.name,
      found?.invariant ?? 'NOT FOUND',
      found === undefined ? '' : (found.at / 1_000).toFixed(1),
      found === undefined ? '' : String(found.shortest),
    ])
    say(found === undefined ? 'NOT FOUND' : `${found.invariant}: ${found.message}`)
  }
  say(`\n${tableOf([['mutant', 'found by', 'after s', 'shortest history'], ...rows])}`)
  return areAllFound
}

type Found = NonNullable<Summary['first']> & { readonly shortest: number }

async function findMutant(
  mutant: Mutant,
  options: readonly string[],
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Found | undefined> {
  await using copy = await mutatedCopy(mutant)
  const folder = path.join(root, '.build', 'torture', `mutant-${mutant.name}`)
  for (const seconds of SECONDS) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const faults = mutant.faults?.join(',') ?? 'none'
    const args = [...options, `--seconds=${seconds}`, `--faults=${faults}`, `--folder=${folder}`]
    const { first, shortest } = await insist(signal, () => tortured(copy.folder, args, say, signal))
    if (first !== undefined) return { ...first, shortest }
  }
  return undefined
}

/** Tries again what failed: a busy machine may not even start the suite in time. */
async function insist<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (left === 0) throw error
    }
  }
}

/** Runs the checker of a copy; gives what it has found. */
function tortured(
  folder: string,
  args: readonly string[],
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Summary> {
  const program = path.join('test', 'torture', 'torture.ts')
  const child = spawn(process.execPath, ['--expose-gc', program, ...args], {
    cwd: folder,
    env: { ...process.env, ...compileCache },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  // It ends its own suite first.
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data))
  const { promise, resolve, reject } = Promise.withResolvers<Summary>()
  let summary: Summary | undefined
  child.on('message', (message) => (summary = (message as { summary: Summary }).summary))
  child.on('error', reject)
  child.on('close', (code) => {
    if (summary !== undefined) return resolve(summary)
    say(output)
    reject(new Error(`the checker ended without a verdict (exit code ${code})`))
  })
  return promise
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
