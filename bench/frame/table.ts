import type { Measured, MeasuredComparison, MeasuredSide } from './measured.ts'

/** A figure as the terminal shows it: its sides below one another, then how they compare, then what was looked at. */
export function tableOf(measured: Measured): string {
  const { title, unit, rows, sides, comparisons, checks } = measured
  const present = Object.entries(rows).map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
  const width = Math.max(...sides.map(({ name }) => name.length))
  return [
    `\n${title}${present.length > 0 ? ` (${present.join(', ')})` : ''}`,
    ...sides.map((side) => `  ${side.name.padEnd(width)}  ${sideOf(side, unit)}`),
    ...comparisons.map((comparison) => `  ${ratioWords(comparison)}`),
    ...checks.map(({ name, ok, found }) => `  ${ok ? 'ok' : 'NOT SO'}: ${name} (${found})`),
  ].join('\n')
}

function sideOf({ median, p50, p99, cpu = {}, by, inFlight, rounds }: MeasuredSide, unit: string): string {
  const failed = rounds.flatMap(({ failed = {} }) => Object.entries(failed))
  return [
    `${rounded(median).padStart(9)} ${unit}`,
    ...(p50 === undefined ? [] : [`p50 ${p50.toFixed(2)} ms`]),
    ...(p99 === undefined ? [] : [`p99 ${p99.toFixed(2)} ms`]),
    ...Object.entries(cpu).map(([name, ms]) => `${name} ${(ms * 1_000).toFixed(0)} µs`),
    inFlight > 0 ? `${by}, ${inFlight} in flight` : by,
    ...(failed.length === 0 ? [] : [`not answered well: ${failed.map(([status, n]) => `${n} ${status}`).join(', ')}`]),
  ].join('  ')
}

/** A comparison in words: `CreateReservation is 0.62 × pgbench (must 0.5 ×, reach for 1 ×): met`. */
function ratioWords({ of, to, ratio, must, reach, most, verdict }: MeasuredComparison): string {
  const demands = [
    ...(must === undefined ? [] : [`must ${must} ×`]),
    ...(reach === undefined ? [] : [`reach for ${reach} ×`]),
    ...(most === undefined ? [] : [`at most ${most} ×`]),
  ]
  const words = demands.length > 0 ? ` (${demands.join(', ')}): ${verdict}` : ''
  return `${of} is ${ratio.toFixed(2)} × ${to}${words}`
}

/** A value with three digits that count. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}
