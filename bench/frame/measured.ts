import type { Check, Comparison, Point, Round, Side } from './figure.ts'
import { median, ratioOf, ratiosOf } from './statistics.ts'

/** A round with what it took of the processors, in milliseconds a call, by process. */
export type MeasuredRound = Round & { readonly cpu?: Readonly<Record<string, number>> }

/** A side with all of its rounds, and the medians of these. */
export type MeasuredSide = {
  readonly name: string
  readonly by: string
  readonly inFlight: number
  readonly point?: Point
  readonly median: number
  readonly p50?: number
  readonly p99?: number
  readonly cpu?: Readonly<Record<string, number>>
  readonly rounds: readonly MeasuredRound[]
}

/** How one side came out beside another. */
export type Verdict = 'reached' | 'met' | 'missed' | 'told'
export type MeasuredComparison = Comparison & {
  readonly ratio: number
  readonly ratios: readonly number[]
  readonly verdict: Verdict
}

/** A figure as it was measured: what the files of results hold. */
export type Measured = {
  readonly bench: string
  readonly name: string
  readonly title: string
  readonly unit: string
  /** When it was measured, and which commit, with `+` where files had been changed since. */
  readonly at: string
  readonly commit: string
  readonly quick: boolean
  readonly seconds: number
  readonly rows: Readonly<Record<string, number>>
  readonly durability?: string
  readonly sides: readonly MeasuredSide[]
  readonly comparisons: readonly MeasuredComparison[]
  readonly checks: readonly Check[]
}

/** Puts the rounds of a side together. */
export function summed(
  { name, by, inFlight, point }: Pick<Side, 'name' | 'by' | 'inFlight' | 'point'>,
  rounds: readonly MeasuredRound[],
): MeasuredSide {
  const middle = (of: (round: MeasuredRound) => number | undefined) => {
    const values = rounds.flatMap((round) => of(round) ?? [])
    return values.length === 0 ? undefined : median(values)
  }
  const names = [...new Set(rounds.flatMap(({ cpu = {} }) => Object.keys(cpu)))]
  const cpu = names.map((process) => [process, middle((round) => round.cpu?.[process])])
  return {
    name,
    by,
    inFlight,
    ...given({ point }),
    median: median(rounds.map(({ value }) => value)),
    ...given({ p50: middle(({ p50 }) => p50), p99: middle(({ p99 }) => p99) }),
    ...(cpu.length > 0 && { cpu: Object.fromEntries(cpu) }),
    rounds,
  }
}

/** Compares two of the sides, which the comparison names. */
export function compared(comparison: Comparison, sides: readonly MeasuredSide[]): MeasuredComparison {
  const values = (name: string) => {
    const side = sides.find((each) => each.name === name)
    if (side === undefined) throw new Error(`there is no side "${name}"`)
    return side.rounds.map(({ value }) => value)
  }
  const [own, peer] = [values(comparison.of), values(comparison.to)]
  const ratio = ratioOf(own, peer)
  return { ...comparison, ratio, ratios: ratiosOf(own, peer), verdict: verdictOf(ratio, comparison) }
}

/** Whether a ratio is as it must be; `told` where nothing is demanded. */
export function verdictOf(ratio: number, { must, reach, most }: Omit<Comparison, 'of' | 'to'>): Verdict {
  if (most !== undefined) return ratio <= most ? 'met' : 'missed'
  if (must === undefined) return 'told'
  if (reach !== undefined && ratio >= reach) return 'reached'
  return ratio >= must ? 'met' : 'missed'
}

function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
