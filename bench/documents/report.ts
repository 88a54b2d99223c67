import { lawOf, lawWords } from '../frame/law.ts'
import type { Measured, MeasuredComparison, MeasuredSide } from '../frame/measured.ts'
import type { Results } from '../frame/results.ts'
import { rounded } from '../frame/table.ts'

/**
 * A document with its blocks made anew from results: what stands between `<!-- bench KIND NAME … -->` and `<!-- /bench -->`. The
 * names are those of figures, or of what `scale` is about; the kinds are those of `blocks`. Throws for another kind.
 */
export function written(document: string, results: Results): string {
  return document.replaceAll(
    /(<!-- bench ([\w-]+)((?: [\w-]+)*) -->\n)[\s\S]*?(<!-- \/bench -->)/g,
    (_, begin: string, kind: string, names: string, end: string) => {
      const block = blocks[kind as keyof typeof blocks]
      if (block === undefined) throw new Error(`"${kind}" is none of: ${Object.keys(blocks).join(', ')}`)
      const made = block(results, names.split(' ').filter(Boolean))
      const lines = made.length > 0 ? made : ['Not measured yet.']
      return `${begin}\n${lines.join('\n')}\n\n${end}`
    },
  )
}

type Block = (results: Results, names: readonly string[]) => readonly string[]

const blocks = {
  /** On what was measured. */
  environment: ({ environment, figures }) => {
    if (figures.length === 0) return []
    const { cores, processor, memoryGiB, system, versions } = environment
    const days = [...new Set(figures.map(({ at }) => at.slice(0, 10)))].sort()
    const commits = [...new Set(figures.map(({ commit }) => commit))].map((commit) => `\`${commit}\``)
    const durabilities = [...new Set(figures.flatMap(({ durability }) => durability ?? []))]
    const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
    return [
      `Measured ${days.join(', ')} at ${commits.join(', ')}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}; ${programs.join(', ')}.`,
      `Postgres says: ${durabilities.join('; ')}. Log level info. ${soundness(figures)}`,
    ]
  },
  /** How the service compares with its peers. */
  comparisons: (results, names) =>
    table(
      ['what', 'among', 'in flight', 'median', 'beside', 'its median', 'ratio', 'must', 'reach', ''],
      figuresOf(results, names).flatMap((figure) => figure.comparisons.map((each) => comparisonCells(figure, each))),
    ),
  /** All sides of some figures. */
  sides: (results, names) =>
    table(
      ['', '', 'median', 'p50, ms', 'p99, ms', 'in flight', 'by'],
      figuresOf(results, names).flatMap((figure) =>
        figure.sides.map(({ name, median, p50, p99, inFlight, by }) => [
          ...[`${figure.title}${among(figure)}`, name, `${rounded(median)} ${figure.unit}`],
          ...[ms(p50), ms(p99), count(inFlight), by],
        ]),
      ),
    ),
  /** What each process takes of the processors for a call, and how many calls a second all cores would carry of that alone. */
  'processor-time': (results, names) => {
    const sides = figuresOf(results, names).flatMap(({ title, sides }) =>
      sides.flatMap(({ name, cpu }) => (cpu === undefined ? [] : [{ title, name, cpu }])),
    )
    const processes = [...new Set(sides.flatMap(({ cpu }) => Object.keys(cpu)))]
    const { cores } = results.environment
    return table(
      ['µs of the processors a call', '', ...processes, `calls/s that ${cores} cores carry`],
      sides.map(({ title, name, cpu }) => [
        ...[title, name, ...processes.map((each) => µs(cpu[each]))],
        rounded((cores * 1_000) / total(cpu)),
      ]),
    )
  },
  /** How the processor time of calls grows with something, and by which law. */
  scale: ({ figures }, [of = '']) => {
    return table(
      ['call', of, 'µs of the processors a call', 'law'],
      seriesOf(figures, of).map(({ call, points }) => [
        call,
        points.map(([size]) => count(size)).join(', '),
        points.map(([, cost]) => rounded(cost)).join(', '),
        points.length > 1 ? lawWords(lawOf(points)) : '–',
      ]),
    )
  },
} satisfies Record<string, Block>

/** The processor time of a call, in µs, at each size of what there is more of. */
export type Series = { readonly call: string; readonly points: readonly (readonly [size: number, cost: number])[] }

/** Of all calls that were measured at sizes of this. */
export function seriesOf(figures: readonly Measured[], of: string): Series[] {
  const sides = figures.flatMap(({ sides }) => sides.filter(({ point }) => point?.of === of))
  const calls = [...new Set(sides.map(({ point }) => point?.call ?? ''))]
  return calls.map((call) => ({
    call,
    points: sides
      .filter(({ point }) => point?.call === call)
      .map(({ point, cpu = {} }) => [point?.size ?? 0, total(cpu) * 1_000] as const)
      .sort(([a], [b]) => a - b),
  }))
}

/** Of all processes, in milliseconds a call. */
function total(cpu: Readonly<Record<string, number>>): number {
  return Object.values(cpu).reduce((sum, each) => sum + each, 0)
}

function figuresOf({ figures }: Results, names: readonly string[]): Measured[] {
  return names.flatMap((name) => figures.filter((figure) => figure.name === name))
}

function comparisonCells(
  figure: Measured,
  { of, to, ratio, must, reach, most, verdict }: MeasuredComparison,
): string[] {
  const side = (name: string) => figure.sides.find((each) => each.name === name)
  const [own, peer] = [side(of), side(to)]
  const value = (each: MeasuredSide | undefined) => `${rounded(each?.median ?? Number.NaN)} ${figure.unit}`
  return [
    figure.sides.length === 2 || figure.title.startsWith(of) ? figure.title : `${figure.title}: ${of}`,
    among(figure).replace(/^ \((.*)\)$/, '$1'),
    count(own?.inFlight ?? 0),
    value(own),
    to,
    value(peer),
    `**${ratio.toFixed(2)} ×**`,
    most === undefined ? times(must) : `≤ ${most} ×`,
    times(reach),
    verdict === 'told' ? '' : verdict,
  ]
}

function among({ rows }: Measured): string {
  const counts = Object.entries(rows).map(([name, number]) => `${count(number)} ${name}`)
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`
}

function soundness(figures: readonly Measured[]): string {
  const checks = figures.flatMap((figure) => figure.checks)
  const wrong = checks.filter(({ ok }) => !ok)
  const found =
    wrong.length === 0 ? 'all are as they must be' : `NOT as they must be: ${wrong.map(({ name }) => name).join(', ')}`
  return `After the load ${checks.length} looks were taken at what it left behind: ${found}.`
}

const count = (number: number) => number.toLocaleString('en')
const times = (number: number | undefined) => (number === undefined ? '' : `${number} ×`)
const ms = (number: number | undefined) => (number === undefined ? '' : rounded(number))
const µs = (number: number | undefined) => (number === undefined ? '' : rounded(number * 1_000))

/** Nothing without a row. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
