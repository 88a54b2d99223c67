import { expect, test } from '@jest/globals'
import { median, quantile, ratioOf, ratiosOf } from './statistics.ts'

test('the median is the value in the middle, whatever their order, and the upper of two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 3, 7])
  expect(median([])).toBeNaN()
})

test('a quantile is a value that is there', () => {
  const values = Array.from({ length: 100 }, (_, n) => n + 1)
  expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
    1, 51, 100, 100,
  ])
})

test('a ratio compares what was in the same round: one that is slow for both does not count', () => {
  expect(ratioOf([100, 10, 90], [200, 20, 200])).toBe(0.5)
  expect(ratiosOf([100, 10, 90], [200, 20, 180])).toEqual([0.5, 0.5, 0.5])
})

test('rounds that only one of them has are left out', () => {
  expect(ratiosOf([1, 2, 3], [2, 4])).toEqual([0.5, 0.5])
  expect(ratioOf([], [1])).toBeNaN()
})
