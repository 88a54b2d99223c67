import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Measured } from '../frame/measured.ts'
import { seriesOf } from './report.ts'

/** The plots of some figures, as SVG, by the name of the file. */
export async function plotsOf(
  figures: readonly Measured[],
  scales: readonly string[],
): Promise<Record<string, string>> {
  const growing = figures.find(({ name }) => name === 'creates-128-growing')
  return {
    'ratios.svg': await svg(ratios(figures)),
    ...(growing && { 'growing.svg': await svg(rounds(growing)) }),
    'scale.svg': await svg(scale(figures, scales)),
  }
}

async function svg(spec: TopLevelSpec): Promise<string> {
  return `${await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()}\n`
}

const COMMON = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background: 'white',
  config: { font: 'sans-serif', view: { stroke: null } },
} as const

/** Of what is demanded of each ratio, how much there is: one is what must be, and a line shows what is reached for. */
function ratios(figures: readonly Measured[]): TopLevelSpec {
  const values = figures.flatMap(({ name, comparisons }) =>
    comparisons.flatMap(({ of, to, ratio, must, reach, verdict }) => {
      const isShared = comparisons.some((other) => other.of !== of && other.to === to)
      const what = isShared ? `${name}, ${of} : ${to}` : `${name} : ${to}`
      return must === undefined ? [] : [{ what, ratio: ratio / must, reach: reach && reach / must, verdict, must: 1 }]
    }),
  )
  const y = { field: 'what', type: 'nominal', sort: null, title: null, axis: { labelLimit: 480 } } as const
  const verdicts = { domain: ['reached', 'met', 'missed'], range: ['#2e7d32', '#9ccc65', '#e57373'] }
  return {
    ...COMMON,
    data: { values },
    width: 420,
    layer: [
      {
        mark: { type: 'bar', height: 9 },
        encoding: {
          y,
          x: { field: 'must', type: 'quantitative', scale: { type: 'log' }, title: 'times what must be' },
          x2: { field: 'ratio' },
          color: { field: 'verdict', type: 'nominal', scale: verdicts, title: null },
        },
      },
      {
        mark: { type: 'tick', color: '#333', thickness: 2, size: 13 },
        encoding: { y, x: { field: 'reach', type: 'quantitative' } },
      },
    ],
  }
}

/** Round after round, as the database grows. */
function rounds({ sides, unit }: Measured): TopLevelSpec {
  const values = sides.flatMap(({ name, rounds }) => rounds.map(({ value }, n) => ({ name, round: n + 1, value })))
  return {
    ...COMMON,
    data: { values },
    width: 560,
    height: 220,
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'round', type: 'ordinal', title: 'round' },
      y: { field: 'value', type: 'quantitative', title: unit },
      color: { field: 'name', type: 'nominal', title: null },
    },
  }
}

/** The processor time of calls by the size of what there is more of. */
function scale(figures: readonly Measured[], scales: readonly string[]): TopLevelSpec {
  const values = scales.flatMap((of) =>
    seriesOf(figures, of).flatMap(({ call, points }) => points.map(([size, cost]) => ({ of, call, size, cost }))),
  )
  return {
    ...COMMON,
    data: { values },
    facet: { field: 'of', type: 'nominal', title: null },
    columns: 3,
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 200,
      height: 200,
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'size', type: 'quantitative', scale: { type: 'log' }, title: null },
        y: { field: 'cost', type: 'quantitative', scale: { type: 'log' }, title: 'µs of the processors a call' },
        color: { field: 'call', type: 'nominal', title: null },
      },
    },
  }
}
