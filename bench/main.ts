import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runMain } from '@hotel/stack/run/run-main'
import { Problem } from '../stack/setup/problem.mjs'
import { bookEachRoom } from './data/calls.ts'
import { type Home, openHome } from './data/home.ts'
import { environmentNow } from './frame/environment.ts'
import type { Measured } from './frame/measured.ts'
import { latestResultsFile, readResults, resultsFile, withFigure, writeResults } from './frame/results.ts'
import { demandPrograms } from './load/programs.ts'
import { isSound, type Run, sizesOf, startRun } from './run.ts'

const FIGURES = path.join(import.meta.dirname, 'figures')
const ENDING = '.bench.ts'
const USAGE = 'give `npm run bench -- [--quick] [name …]`, or `npm run bench -- --report`'

/**
 * What each file `<name>.bench.ts` exports: its figures, each beside peers in the same run. Those that are about a filled hotel
 * share it, and have it with few reservations, then some, then many; `alone` has a suite of its own.
 */
type Bench = {
  /** Names of the figures of `some` that a quick run has when it is not told which benches; none: it passes over the file. */
  readonly quickly?: readonly string[]
  readonly alone?: (run: Run) => Promise<void>
  readonly few?: (run: Run, home: Home) => Promise<void>
  readonly some?: (run: Run, home: Home) => Promise<void>
  readonly many?: (run: Run, home: Home) => Promise<void>
}

/** `npm run bench -- [--quick] [name …]`: runs the named measurements of `figures`, or all, one after another. */
async function main(args: readonly string[]): Promise<void> {
  const { names, quick, report } = optionsOf(args)
  if (report) return reportLatest()
  const files = await readdir(FIGURES)
  const known = files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Problem(`"${unknown[0]}" is not one of: ${known.join(', ')}.`)
  demandPrograms()
  const environment = await environmentNow()
  const file = resultsFile(new Date().toISOString().slice(0, 10), quick)
  const measured: Measured[] = []
  const keep = async (figure: Measured) => {
    measured.push(figure)
    const before = await readResults(file)
    await writeResults(file, { environment, figures: withFigure(before?.figures ?? [], figure) })
  }
  const chosen = names.length > 0 ? names : known.sort()
  const benches = await Promise.all(
    chosen.map(async (name) => {
      const bench = (await import(path.join(FIGURES, `${name}${ENDING}`))) as Bench
      const isBrief = quick && names.length === 0
      const run = startRun(name, { quick, commit: environment.commit }, keep, isBrief ? bench.quickly : undefined)
      if (!isBrief) return { run, ...bench }
      return bench.quickly !== undefined && bench.some !== undefined ? { run, some: bench.some } : { run }
    }),
  )
  for (const { run, alone } of benches) await alone?.(run)
  const sizes = sizesOf(quick)
  const atHome = benches.filter(({ few, some, many }) => few ?? some ?? many)
  if (atHome.length > 0) {
    await using home = await openHome(sizes)
    await bookEachRoom(home)
    for (const size of ['few', 'some', 'many'] as const) {
      const here = atHome.filter((each) => each[size] !== undefined)
      if (here.length > 0) await home.fill(sizes[size])
      for (const bench of here) await bench[size]?.(bench.run, home)
    }
  }
  console.log(`\nAll rounds are in ${path.relative(process.cwd(), file)}.`)
  if (!isSound(measured))
    throw new Problem('Something that was looked at after the load is not as it must be: see above.')
}

/** `npm run bench -- --report`: writes the results of the last day that has some into the documents. */
async function reportLatest(): Promise<void> {
  const file = await latestResultsFile()
  const results = file === undefined ? undefined : await readResults(file)
  if (file === undefined || results === undefined) throw new Problem('There are no results yet: run `npm run bench`.')
  const { writeDocuments } = await import('./documents/documents.ts')
  await writeDocuments(results)
  console.log(`The documents show ${path.relative(process.cwd(), file)}.`)
}

function optionsOf(args: readonly string[]): { names: string[]; quick: boolean; report: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean', default: false }, report: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    return { names: positionals, ...values }
  } catch (error) {
    throw new Problem(`${(error as Error).message.split('.')[0]}: ${USAGE}.`)
  }
}

runMain(main)
