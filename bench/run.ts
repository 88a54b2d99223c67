import type { Check, Figure } from './frame/figure.ts'
import { measure, type Pace } from './frame/measure.ts'
import type { Measured } from './frame/measured.ts'
import { tableOf } from './frame/table.ts'

/** How much there is, in a whole run and in a quick one. */
export type Sizes = {
  /** Reservations that are there when calls are measured, ever more. */
  readonly few: number
  readonly some: number
  readonly many: number
  readonly rooms: number
  readonly guests: number
  /** Guests who arrived yesterday and leave today: for changes of status. */
  readonly arrivals: number
  /** Guests among whom one is searched by name. */
  readonly manyGuests: number
  readonly hotels: number
  /** Reservations of an import. */
  readonly imported: number
}

const WHOLE: Sizes = {
  few: 10_000,
  some: 100_000,
  many: 1_000_000,
  rooms: 2_000,
  guests: 10_000,
  arrivals: 30_000,
  manyGuests: 1_000_000,
  hotels: 1_000,
  imported: 1_000_000,
}
const QUICK: Sizes = {
  few: 1_000,
  some: 5_000,
  many: 20_000,
  rooms: 500,
  guests: 1_000,
  arrivals: 2_000,
  manyGuests: 20_000,
  hotels: 50,
  imported: 20_000,
}

/** How much there is in a run. */
export function sizesOf(quick: boolean): Sizes {
  return quick ? QUICK : WHOLE
}

/** What a bench measures by. */
export type Run = {
  readonly quick: boolean
  readonly sizes: Sizes
  /** Measures a figure, prints it and keeps it for the results; passes over one that is not asked for. */
  figure(figure: Figure): Promise<void>
}

const WHOLE_PACE: Pace = { seconds: 3, rounds: 3, warmUpSeconds: 2 }
const QUICK_PACE: Pace = { seconds: 0.7, rounds: 3, warmUpSeconds: 0.7 }

/** The run of one bench, whose figures, or the named ones of them, are handed on as they come. */
export function startRun(
  bench: string,
  { quick, commit }: Pick<Measured, 'quick' | 'commit'>,
  keep: (measured: Measured) => Promise<void>,
  only?: readonly string[],
): Run {
  const pace = quick ? QUICK_PACE : WHOLE_PACE
  return {
    quick,
    sizes: sizesOf(quick),
    async figure(figure) {
      if (only?.includes(figure.name) === false) return
      const measured = await measure(bench, figure, { ...pace, quick, commit })
      console.log(tableOf(measured))
      await keep(measured)
    },
  }
}

/** Whether all that was looked at was as it must be. */
export function isSound(measured: readonly Measured[]): boolean {
  return measured.every(({ checks }) => checks.every(({ ok }: Check) => ok))
}
