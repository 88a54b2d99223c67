import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../../stack/setup/run.mjs'
import type { Environment } from './environment.ts'
import type { Measured } from './measured.ts'

/** All figures of a day: those that were measured again count as they came out last. */
export type Results = {
  readonly environment: Environment
  readonly figures: readonly Measured[]
}

const folder = path.join(root, 'bench', 'results')
const QUICK = '-quick'

/** The file of a day's results; those of quick runs are apart. */
export function resultsFile(day: string, quick: boolean): string {
  return path.join(folder, `${day}${quick ? QUICK : ''}.json`)
}

/** What a file holds; undefined when there is none. */
export async function readResults(file: string): Promise<Results | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as Results)
}

/** The file of the last day that has one, quick runs not counted; undefined without any. */
export async function latestResultsFile(): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [])
  const last = names
    .filter((name) => name.endsWith('.json') && !name.includes(QUICK))
    .sort()
    .at(-1)
  return last === undefined ? undefined : path.join(folder, last)
}

/** Writes results as they are. */
export async function writeResults(file: string, results: Results): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(results, undefined, 1)}\n`)
}

/** The figures with one more, or with it in the place of what had its name. */
export function withFigure(figures: readonly Measured[], measured: Measured): Measured[] {
  const at = figures.findIndex(({ name }) => name === measured.name)
  return at < 0 ? [...figures, measured] : figures.with(at, measured)
}
