import { describe, expect, test } from '@jest/globals'
import { legsFrom, legsOf, legsUntil, stay } from './stay.ts'

const leg = (room: string, inDate: string, outDate: string) => ({ room, inDate, outDate })
const june = (from: number, to: number) => ({
  inDate: `2026-06-${String(from).padStart(2, '0')}`,
  outDate: `2026-06-${String(to).padStart(2, '0')}`,
})

describe('a stay', () => {
  test('in the wrong order is refused', () => {
    expect(() => stay('2026-06-02', '2026-06-01')).toThrow('out_date')
  })
  test('of 366 nights is possible, of 367 not', () => {
    expect(stay('2026-01-01', '2027-01-02')).toBeDefined()
    expect(() => stay('2026-01-01', '2027-01-03')).toThrow('367 nights')
  })
  test('of one day holds its night, also at the end of a year', () => {
    expect(legsOf(stay('2026-12-31', '2026-12-31'), ['a'])).toEqual([leg('a', '2026-12-31', '2027-01-01')])
  })
})

describe('the legs of a stay under way', () => {
  const before = legsOf(june(1, 5), ['a'])
  test('a room change begins tonight; the nights slept stay', () => {
    expect(legsFrom('2026-06-03', june(1, 5), ['b'], before)).toEqual([
      leg('a', '2026-06-01', '2026-06-03'),
      leg('b', '2026-06-03', '2026-06-05'),
    ])
  })
  test('an extension lengthens the leg', () => {
    expect(legsFrom('2026-06-03', june(1, 9), ['a'], before)).toEqual([leg('a', '2026-06-01', '2026-06-09')])
  })
  test('an early end cuts it', () => {
    expect(legsFrom('2026-06-03', june(1, 3), ['a'], before)).toEqual([leg('a', '2026-06-01', '2026-06-03')])
  })
  test('there and back: two legs of one room', () => {
    const moved = legsFrom('2026-06-03', june(1, 9), ['b'], before)
    expect(legsFrom('2026-06-05', june(1, 9), ['a'], moved)).toEqual([
      leg('a', '2026-06-01', '2026-06-03'),
      leg('b', '2026-06-03', '2026-06-05'),
      leg('a', '2026-06-05', '2026-06-09'),
    ])
  })
  test('back on the same day: as if never moved', () => {
    const moved = legsFrom('2026-06-03', june(1, 9), ['b'], before)
    expect(legsFrom('2026-06-03', june(1, 9), ['a'], moved)).toEqual([leg('a', '2026-06-01', '2026-06-09')])
  })
  test('after leaving no night is held, day use included', () => {
    expect(legsUntil('2026-06-03', before)).toEqual([leg('a', '2026-06-01', '2026-06-03')])
    expect(legsUntil('2026-06-01', legsOf(june(1, 1), ['a']))).toEqual([])
  })
})
