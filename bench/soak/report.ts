import { rounded } from '../frame/table.ts'
import { type Phase, rateOf, type Soak } from './phases.ts'
import type { Verdict } from './verdicts.ts'

/** A phase in a line, as soon as it is over. */
export function lineOf(phase: Phase): string {
  const { name, pace, stretch, cpuMs } = phase
  const { seconds, refused, unsent } = stretch
  const asked = 'perSecond' in pace ? `${rounded(pace.perSecond)} calls/s` : `${pace.inFlight} in flight`
  const p99 = seconds.map((second) => second.p99).sort((a, b) => a - b)
  const codes = Object.entries(refused).map(([code, count]) => `${count} ${code}`)
  return [
    `${name.padEnd(22)} ${asked.padEnd(16)} ${seconds.length} s: ${rounded(rateOf(phase))} answered/s`,
    `p99 ${rounded(p99[Math.floor(p99.length / 2)] ?? Number.NaN)} ms in the median second`,
    ...(cpuMs === undefined ? [] : [`${rounded(cpuMs)} ms of the processors each`]),
    ...(codes.length === 0 ? [] : [codes.join(', ')]),
    ...(unsent === 0 ? [] : [`${unsent} not sent: all connections were full`]),
  ].join(', ')
}

/** What a soak came to, and what holds. */
export function tableOf({ maximum, aroundOverload }: Soak, verdicts: readonly Verdict[]): string {
  const rows = [['', 'must', 'found', ''], ...verdicts.map((each) => [each.name, each.must, each.found, each.verdict])]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return [
    `\nMaximum: ${rounded(maximum)} calls/s before the held load, ${rounded(aroundOverload)} around the overload.\n`,
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ].join('\n')
}
