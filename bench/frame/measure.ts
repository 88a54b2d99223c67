import { cpuClock } from './cpu.ts'
import type { Figure, Side } from './figure.ts'
import { compared, type Measured, type MeasuredRound, summed } from './measured.ts'

/** How long a round is, how many there are, and how long each side is driven before, uncounted. */
export type Pace = { readonly seconds: number; readonly rounds: number; readonly warmUpSeconds: number }

/**
 * Measures a figure: the sides take turns, round after round, in turn from the first and from the last, so that what else
 * the machine does, and what grows meanwhile, meets all of them. Throws when a round fails.
 */
export async function measure(
  bench: string,
  figure: Figure,
  run: Pace & Pick<Measured, 'quick' | 'commit'>,
): Promise<Measured> {
  const { seconds = run.seconds, rounds = run.rounds, warmUpSeconds = run.warmUpSeconds } = figure
  const at = new Date().toISOString()
  const measured = figure.sides.map((): MeasuredRound[] => [])
  for (const side of figure.sides) if (warmUpSeconds > 0) await side.round(warmUpSeconds)
  for (let n = 0; n < rounds; n++) {
    const order = [...figure.sides.entries()]
    for (const [index, side] of n % 2 === 0 ? order : order.reverse())
      measured[index]?.push(await withProcessorTime(side, seconds))
  }
  const sides = figure.sides.map((side, index) => summed(side, measured[index] ?? []))
  return {
    bench,
    name: figure.name,
    title: figure.title,
    unit: figure.unit,
    at,
    commit: run.commit,
    quick: run.quick,
    seconds,
    rows: figure.rows ?? {},
    ...(figure.durability !== undefined && { durability: figure.durability }),
    sides,
    comparisons: figure.comparisons.map((comparison) => compared(comparison, sides)),
    checks: (await figure.check?.()) ?? [],
  }
}

/** How often it is looked how much of the processors was taken: what a process takes after the last look before its end is not seen. */
const LOOK_EVERY_MS = 100

async function withProcessorTime(side: Side, seconds: number): Promise<MeasuredRound> {
  const clocks = Object.entries(side.processes ?? {}).map(([name, pids]) => [name, cpuClock(pids)] as const)
  const look = () => Promise.all(clocks.map(([, clock]) => clock()))
  const before = await look()
  const looking = setInterval(() => void look(), LOOK_EVERY_MS)
  const round = await side.round(seconds).finally(() => clearInterval(looking))
  const after = await look()
  const cpu = clocks.flatMap(([name], n) => {
    const [from, to] = [before[n], after[n]]
    return from === undefined || to === undefined ? [] : [[name, (to - from) / round.calls] as const]
  })
  return cpu.length === 0 ? round : { ...round, cpu: Object.fromEntries(cpu) }
}
