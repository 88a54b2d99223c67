import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runMain } from '@hotel/stack/run/run-main'
import { Problem } from '../../stack/setup/problem.mjs'
import { root } from '../../stack/setup/run.mjs'
import { environmentNow } from '../frame/environment.ts'
import { HELD, type Plan } from './phases.ts'
import { lineOf, tableOf } from './report.ts'
import { soakSuite } from './suite.ts'
import { verdictsOf } from './verdicts.ts'

const USAGE = 'give `npm run soak -- [--minutes 60] [--json FILE]`'
/** A shorter run shows how calls are refused; of latency and memory it says too little to judge by. */
const LONG_MINUTES = 10
const OVERLOAD = 2
const MOST_MINUTES = 24 * 60

/** `npm run soak -- [--minutes 60]`: holds 70 % of the maximum for this long, then twice the maximum, and judges. */
async function main(args: readonly string[]): Promise<void> {
  const { minutes, json } = optionsOf(args)
  const isLong = minutes >= LONG_MINUTES
  const began = new Date()
  const environment = await environmentNow()
  const { soak, checks } = await soakSuite(planOf(minutes), !isLong, (phase) => console.log(lineOf(phase)))
  const verdicts = verdictsOf(soak, checks, isLong)
  console.log(tableOf(soak, verdicts))
  const file = json ?? path.join(root, 'bench', 'results', 'soak', `${began.toISOString().slice(0, 10)}.json`)
  await mkdir(path.dirname(file), { recursive: true })
  const machine = { ...environment, loadAverage: loadavg(), processors: availableParallelism() }
  const whole = { at: began.toISOString(), minutes, environment: machine, verdicts, ...soak }
  // The phases have the named ones among them.
  await writeFile(
    file,
    `${JSON.stringify(whole, (key, value) => (['held', 'overload', 'after'].includes(key) ? undefined : value))}\n`,
  )
  console.log(`\nAll seconds are in ${path.relative(process.cwd(), file)}.`)
  if (verdicts.some(({ verdict }) => verdict === 'does not hold'))
    throw new Problem('Something does not hold: see above.')
}

/** How long the parts of a run of so many minutes are. */
function planOf(minutes: number): Plan {
  const heldSeconds = Math.round(minutes * 60)
  const within = (least: number, seconds: number, most: number) => Math.min(Math.max(least, Math.round(seconds)), most)
  return {
    heldSeconds,
    overloadSeconds: within(10, heldSeconds / 10, 120),
    afterSeconds: within(12, heldSeconds / 20, 60),
    stepSeconds: within(3, heldSeconds / 60, 10),
    overload: OVERLOAD,
    after: HELD,
  }
}

function optionsOf(args: readonly string[]): { minutes: number; json: string | undefined } {
  const options = { minutes: { type: 'string', default: '60' }, json: { type: 'string' } } as const
  try {
    const { minutes, json } = parseArgs({ args: [...args], options }).values
    const given = Number(minutes)
    if (!(given > 0 && given <= MOST_MINUTES))
      throw new Problem(`--minutes ${minutes} is not from 0.1 to ${MOST_MINUTES}: ${USAGE}.`)
    return { minutes: given, json }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(`${(error as Error).message.split('.')[0]}: ${USAGE}.`)
  }
}

runMain(main)
