import { expect, test } from '@jest/globals'
import { RecentMap } from './recent-map.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)

test('keeps the half that was set last, and no more than it may', () => {
  const map = new RecentMap<number, string>(10)
  for (const n of numbers(0, 1_003)) map.set(n, `${n}`)
  const fromLast = numbers(0, 1_003).reverse()
  expect(fromLast.slice(0, 5).map((n) => map.get(n))).toEqual(fromLast.slice(0, 5).map(String))
  expect(fromLast.filter((n) => map.get(n) !== undefined).length).toBeLessThanOrEqual(10)
})

test('what is read stays, a value is replaced, and nothing is left when it is cleared', () => {
  const map = new RecentMap<string, number>(4)
  map.set('kept', 1)
  for (const n of numbers(0, 100)) {
    map.set(`other ${n}`, n)
    expect(map.get('kept')).toBe(1)
  }
  expect(map.get('other 90')).toBeUndefined()
  map.set('kept', 2)
  expect(map.get('kept')).toBe(2)
  map.clear()
  expect(map.get('kept')).toBeUndefined()
})
