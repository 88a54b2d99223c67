import type { Check } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'
import type { Second, Stretch } from './load.ts'
import { type Phase, rateOf, type Soak } from './phases.ts'
import type { Memory } from './processes.ts'

/** Something that must hold; `told` where the run was too short, or the machine tells too little, to judge by it. */
export type Verdict = {
  readonly name: string
  readonly must: string
  readonly found: string
  readonly verdict: 'holds' | 'does not hold' | 'told'
}

/** How a server may refuse what it has no time for. */
const SHED = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED'])
const GOODPUT = 0.8
const RECOVERED_WITHIN_SECONDS = 10
/** Beside the median of the first tenths, and what is nothing in any case. */
const FLAT = 1.5
const FLAT_MS = 20
const GROWTH = 0.1
const GROWTH_MIB = 16
/** The calls of a second that were due in it and were answered, when all is as before. */
const FOLLOWS = 0.9

/** Judges a soak. By times and memory only where it was `long`: a minute of a busy machine says nothing of them. */
export function verdictsOf(soak: Soak, checks: readonly Check[], isLong: boolean): Verdict[] {
  const { held, overload, after } = soak
  const judged = (name: string, must: string, found: string, holds: boolean, isJudged = true): Verdict => ({
    name,
    must,
    found,
    verdict: !isJudged ? 'told' : holds ? 'holds' : 'does not hold',
  })
  const flat = tenthsOf(held.stretch)
  const goodput = rateOf(overload) / soak.aroundOverload
  const recovery = recoveryOf(after)
  const others = Object.keys(overload.stretch.refused).filter((code) => !SHED.has(code))
  const refusals = Object.entries(overload.stretch.refused)
  return [
    judged('held: no call fails', 'none', countsOf(held.stretch.refused), isEmpty(held.stretch.refused), isLong),
    judged(
      'held: p99 of the last tenth',
      `at most ${FLAT} × the first tenths, ${flat.first.toFixed(0)} ms`,
      `${flat.last.toFixed(0)} ms`,
      flat.last <= Math.max(flat.first * FLAT, flat.first + FLAT_MS),
      isLong,
    ),
    ...memoryVerdicts(held, judged, isLong),
    judged('overload: it is one', 'some calls are refused', countsOf(overload.stretch.refused), refusals.length > 0),
    judged(
      'overload: how calls are refused',
      [...SHED].join(' or '),
      others.join(', ') || 'so',
      others.length === 0,
      isLong,
    ),
    judged(
      'overload: refusals tell when to come again',
      'each',
      isEmpty(overload.stretch.withoutDelay) ? 'each' : countsOf(overload.stretch.withoutDelay),
      [...SHED].every((code) => overload.stretch.withoutDelay[code] === undefined),
    ),
    judged('overload: goodput', `${GOODPUT} × the maximum`, `${goodput.toFixed(2)} ×`, goodput >= GOODPUT, isLong),
    judged(
      'overload: recovery',
      `within ${RECOVERED_WITHIN_SECONDS} s`,
      recovery === undefined ? 'not seen' : `${recovery} s`,
      recovery !== undefined && recovery <= RECOVERED_WITHIN_SECONDS,
    ),
    ...checks.map(({ name, ok, found }) => judged(name, 'so', found, ok)),
  ]
}

type Judge = (name: string, must: string, found: string, holds: boolean, isJudged?: boolean) => Verdict

function memoryVerdicts({ memory }: Phase, judged: Judge, isLong: boolean): Verdict[] {
  return Object.keys(memory[0] ?? {}).map((name) => {
    const { growth, mean } = growthOf(memory, name)
    const most = Math.max(mean * GROWTH, GROWTH_MIB)
    const found = `${growth < 0 ? '' : '+'}${growth.toFixed(1)} MiB of ${mean.toFixed(0)}`
    return judged(`held: memory of ${name}`, `grows by ${most.toFixed(0)} MiB at most`, found, growth <= most, isLong)
  })
}

/** The p99 of the last tenth of a stretch, and the median of those of its first three: in milliseconds. */
export function tenthsOf({ seconds }: Pick<Stretch, 'seconds'>): { readonly first: number; readonly last: number } {
  const tenth = Math.max(1, Math.floor(seconds.length / 10))
  // A percentile of a tenth is not to be had of those of its seconds; their median says what most seconds were like.
  const of = (part: readonly Second[]) => quantile(ascending(part.map(({ p99 }) => p99)), 0.5)
  return { first: of(seconds.slice(0, 3 * tenth)), last: of(seconds.slice(-tenth)) }
}

/** By how much a process grows in the last two thirds of a stretch, by least squares, and what it has in the middle: in MiB. */
export function growthOf(memory: readonly Memory[], name: string): { readonly growth: number; readonly mean: number } {
  const values = memory.slice(Math.floor(memory.length / 3)).map((each) => each[name] ?? 0)
  const count = values.length
  const [meanX, mean] = [(count - 1) / 2, values.reduce((sum, value) => sum + value, 0) / Math.max(1, count)]
  let [up, down] = [0, 0]
  for (const [x, value] of values.entries()) {
    up += (x - meanX) * (value - mean)
    down += (x - meanX) ** 2
  }
  return { growth: down === 0 ? 0 : (up / down) * (count - 1), mean }
}

/** After how many seconds all calls are answered again, for good; undefined when they are not. */
export function recoveryOf({ pace, stretch: { seconds } }: Pick<Phase, 'pace' | 'stretch'>): number | undefined {
  if (!('perSecond' in pace)) throw new Error('a recovery is seen in calls of a rate')
  const isWell = ({ ok, refused }: Second) => isEmpty(refused) && ok >= pace.perSecond * FOLLOWS
  const refusedLast = seconds.findLastIndex(({ refused }) => !isEmpty(refused))
  const well = seconds.findIndex((second, at) => at > refusedLast && isWell(second))
  return well < 0 ? undefined : well
}

function isEmpty(counts: Readonly<Record<string, number>>): boolean {
  return Object.keys(counts).length === 0
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  const words = Object.entries(counts).map(([code, count]) => `${count.toLocaleString('en')} ${code}`)
  return words.join(', ') || 'none'
}
