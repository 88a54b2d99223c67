import { expect, test } from '@jest/globals'
import type { Measured, MeasuredSide } from '../frame/measured.ts'
import type { Results } from '../frame/results.ts'
import { seriesOf, written } from './report.ts'

const side = (name: string, median: number, more: Partial<MeasuredSide> = {}): MeasuredSide => ({
  name,
  by: 'ghz',
  inFlight: 128,
  median,
  rounds: [],
  ...more,
})

const figure = (name: string, more: Partial<Measured> = {}): Measured => ({
  bench: 'creates',
  name,
  title: 'CreateReservation, 128 in flight',
  unit: 'creates/s',
  at: '2026-11-28T10:00:00.000Z',
  commit: 'abc1234',
  quick: false,
  seconds: 4,
  rows: { reservations: 100_000 },
  sides: [side('ours', 4_200), side('pgbench', 8_400)],
  comparisons: [{ of: 'ours', to: 'pgbench', must: 0.5, reach: 1, ratio: 0.501, ratios: [], verdict: 'met' }],
  checks: [],
  ...more,
})

const results = (...figures: Measured[]): Results => ({
  environment: {
    cores: 2,
    processor: 'some',
    memoryGiB: 8,
    system: 'linux',
    commit: 'abc1234',
    versions: { node: '26' },
  },
  figures,
})

const document = (block: string, content = 'of before\n') =>
  `# Title\n\n<!-- bench ${block} -->\n${content}<!-- /bench -->\n\nWords that stay.\n`

test('a block is made anew and the words around it stay; made twice it is the same', () => {
  const once = written(document('comparisons one'), results(figure('one')))
  expect(once).toContain('# Title\n\n<!-- bench comparisons one -->\n\n| what |')
  expect(once).toContain('<!-- /bench -->\n\nWords that stay.\n')
  expect(once).not.toContain('of before')
  expect(written(once, results(figure('one')))).toBe(once)
})

test('a comparison has both medians, the ratio, what is demanded and the verdict', () => {
  expect(written(document('comparisons one'), results(figure('one')))).toContain(
    '| CreateReservation, 128 in flight | 100,000 reservations | 128 | 4,200 creates/s | pgbench | 8,400 creates/s | **0.50 ×** | 0.5 × | 1 × | met |',
  )
})

test('the figures come in the order in which the block names them, and those not named do not come', () => {
  const text = written(
    document('sides two one'),
    results(figure('one'), figure('two', { title: 'Two' }), figure('three', { title: 'Three' })),
  )
  expect(text.indexOf('| Two')).toBeGreaterThan(0)
  expect(text.indexOf('| Two')).toBeLessThan(text.indexOf('| CreateReservation'))
  expect(text).not.toContain('Three')
})

test('processor time stands in µs, by process', () => {
  const sides = [
    side('direct', 1, { cpu: { service: 0.25, postgres: 0.1 } }),
    side('gateway', 1, { cpu: { gateway: 0.0421, service: 0.3 } }),
  ]
  const text = written(document('processor-time one'), results(figure('one', { sides })))
  expect(text).toContain(
    '| µs of the processors a call |  | service | postgres | gateway | calls/s that 2 cores carry |',
  )
  expect(text).toContain('| direct | 250 | 100 |  | 5,714 |')
  expect(text).toContain('| gateway | 300 |  | 42.1 | 5,846 |')
})

test('what grows is told with its law, the sizes of several figures together', () => {
  const at = (size: number, cost: number) =>
    figure(`of ${size}`, {
      sides: [side('reads', 1, { point: { call: 'GetGuest', of: 'guests', size }, cpu: { service: cost } })],
    })
  const all = results(at(1_000, 0.2), at(10, 0.1), at(100, 0.15))
  expect(seriesOf(all.figures, 'guests')).toEqual([
    {
      call: 'GetGuest',
      points: [
        [10, 100],
        [100, 150],
        [1_000, 200],
      ],
    },
  ])
  expect(written(document('scale guests'), all)).toContain(
    '| GetGuest | 10, 100, 1,000 | 100, 150, 200 | logarithmic, 50 and 15.1 for each doubling |',
  )
})

test('a check that was not as it must be is told', () => {
  const checks = [{ name: 'the feed has no gap', ok: false, found: '1 found' }]
  expect(written(document('environment'), results(figure('one', { checks })))).toContain(
    'NOT as they must be: the feed has no gap',
  )
  expect(written(document('environment'), results(figure('one')))).toContain('all are as they must be')
})

test('where nothing was measured it says so', () => {
  for (const block of ['comparisons one', 'sides one', 'processor-time one', 'scale guests'])
    expect(written(document(block), results())).toContain('Not measured yet.')
})

test('a kind that there is not is an error', () => {
  expect(() => written(document('nonsense'), results())).toThrow('"nonsense" is none of: environment')
})
