import { expect, test } from '@jest/globals'
import { compared, summed, verdictOf } from './measured.ts'

test.each([
  [0.49, { must: 0.5, reach: 1 }, 'missed'],
  [0.5, { must: 0.5, reach: 1 }, 'met'],
  [1, { must: 0.5, reach: 1 }, 'reached'],
  [0.95, { must: 0.9 }, 'met'],
  [1.2, { most: 1.2 }, 'met'],
  [1.21, { most: 1.2 }, 'missed'],
  [7, {}, 'told'],
  [Number.NaN, { must: 0.5 }, 'missed'],
  [Number.NaN, { most: 1.2 }, 'missed'],
])('a ratio of %p, of which %p is demanded, is %s', (ratio, demanded, verdict) => {
  expect(verdictOf(ratio, demanded)).toBe(verdict)
})

const rounds = [
  { value: 10, calls: 100, p50: 1, cpu: { service: 0.1, postgres: 0.3 } },
  { value: 30, calls: 300, p50: 3, cpu: { service: 0.3, postgres: 0.1 } },
  { value: 20, calls: 200, p50: 2, cpu: { service: 0.2 } },
]

test('a side has the medians of its rounds, and of nothing that was not measured', () => {
  const side = summed({ name: 'ours', by: 'ghz', inFlight: 8 }, rounds)
  expect(side).toEqual({
    name: 'ours',
    by: 'ghz',
    inFlight: 8,
    median: 20,
    p50: 2,
    cpu: { service: 0.2, postgres: 0.3 },
    rounds,
  })
})

test('two sides are compared by name, round by round', () => {
  const ours = summed({ name: 'ours', by: 'ghz', inFlight: 8 }, rounds)
  const peer = summed(
    { name: 'peer', by: 'pgbench', inFlight: 8 },
    [40, 40, 40].map((value) => ({ value, calls: 1 })),
  )
  expect(compared({ of: 'ours', to: 'peer', must: 0.5 }, [ours, peer])).toEqual({
    of: 'ours',
    to: 'peer',
    must: 0.5,
    ratio: 0.5,
    ratios: [0.25, 0.75, 0.5],
    verdict: 'met',
  })
  expect(() => compared({ of: 'ours', to: 'nobody' }, [ours, peer])).toThrow('there is no side "nobody"')
})
