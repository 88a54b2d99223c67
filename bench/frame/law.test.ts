import { expect, test } from '@jest/globals'
import { lawOf, lawWords, type Points } from './law.ts'

const SIZES = [10, 1_000, 100_000]
const of = (cost: (size: number) => number): Points => SIZES.map((size) => [size, cost(size)])

test('a cost that does not depend on the size is constant, also when it is measured with some error', () => {
  expect(lawOf(of(() => 7))).toEqual({ name: 'constant', base: 7, slope: 0, explained: 1 })
  expect(lawOf(of((size) => (size === 1_000 ? 8 : 7)))).toMatchObject({ name: 'constant', slope: 0 })
})

test('a cost that grows by as much with each doubling is logarithmic', () => {
  const law = lawOf(of((size) => 3 + 2 * Math.log2(size)))
  expect(law.name).toBe('logarithmic')
  expect([law.base, law.slope, law.explained]).toEqual([expect.closeTo(3), expect.closeTo(2), expect.closeTo(1)])
})

test('a cost that grows with the size is linear, whatever it costs without any', () => {
  const law = lawOf(of((size) => 50 + size / 100))
  expect(law.name).toBe('linear')
  expect([law.base, law.slope, law.explained]).toEqual([expect.closeTo(50), expect.closeTo(0.01), expect.closeTo(1)])
})

test('the better of the two is taken where neither fits', () => {
  expect(
    lawOf([
      [1, 10],
      [2, 20],
      [4, 33],
    ]).name,
  ).toBe('logarithmic')
  expect(
    lawOf([
      [1, 10],
      [2, 20],
      [4, 37],
    ]).name,
  ).toBe('linear')
})

test('a cost that falls does not grow', () => {
  expect(lawOf(of((size) => 100 - 10 * Math.log10(size)))).toMatchObject({ name: 'constant', slope: 0, explained: 0 })
})

test('one size tells nothing of growth', () => {
  expect(() =>
    lawOf([
      [5, 1],
      [5, 2],
    ]),
  ).toThrow('two sizes at least')
})

test('it is said in words', () => {
  expect(lawWords({ name: 'constant', base: 123.456, slope: 0, explained: 1 })).toBe('constant, 123')
  expect(lawWords({ name: 'logarithmic', base: 10, slope: 1.5, explained: 1 })).toBe(
    'logarithmic, 10 and 1.5 for each doubling',
  )
  expect(lawWords({ name: 'linear', base: 50, slope: 0.0123456, explained: 1 })).toBe('linear, 50 and 0.0123 for each')
})
