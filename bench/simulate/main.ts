import { writeFile } from 'node:fs/promises'
import { runMain } from '@hotel/stack/run/run-main'
import { Problem } from '../../stack/setup/problem.mjs'
import { latestResultsFile, readResults } from '../frame/results.ts'
import { costsOf, hotelLimit, ROWS_FILE, readRows } from './costs.ts'
import { limitsOf, storageOf } from './limits.ts'
import { measureRows } from './measure.ts'
import { HELP, optionsOf } from './options.ts'
import { nodesFor } from './plan.ts'
import { reportOf } from './report.ts'
import { simulate } from './simulation.ts'

/** `npm run simulate -- [options]`: how many nodes a peak takes, how long calls wait on them, and what breaks first. */
async function main(args: readonly string[]): Promise<void> {
  if (args.some((each) => each === '--help' || each === '-h')) return console.log(HELP)
  const options = optionsOf(args)
  if (options.measure) await writeFile(ROWS_FILE, `${JSON.stringify(await measureRows(), undefined, 1)}\n`)
  const file = await latestResultsFile()
  const results = file === undefined ? undefined : await readResults(file)
  if (results === undefined) throw new Problem('There are no results of the bench yet: run `npm run bench`.')
  const { demand, seconds, seed } = options
  const costs = costsOf(results)
  const nodes = nodesFor(demand, costs)
  const given = { ...options, costs, nodes, rows: await readRows(), hotelLimit: hotelLimit(results) }
  const outcome = {
    options,
    costs,
    nodes,
    limits: limitsOf(given),
    storage: storageOf(given, options.guestsPerRoom, options.average),
    simulated: simulate({ demand, costs, nodes, hotelLimit: given.hotelLimit, seconds, seed }),
  }
  console.log(reportOf(outcome))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(outcome, undefined, 1)}\n`)
}

runMain(main)
