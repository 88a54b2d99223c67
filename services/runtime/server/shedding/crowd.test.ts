import { expect, test } from '@jest/globals'
import { crowd } from './crowd.ts'

const LIMITS = { least: 10, waitMs: 1_000, burstMs: 500, most: 1_000 }

/** A process that answers so many calls a second, one after another, and what has come of the calls of each second. */
function simulate(arrivals: (second: number) => number, perSecond: number, seconds: number, waiting = 0) {
  let now = 0
  const calls = crowd(LIMITS, () => now)
  let inside = 0
  let [due, work] = [0, 0]
  return Array.from({ length: seconds }, (_, second) => {
    let [answered, refused, most] = [0, 0, 0]
    for (let ms = 0; ms < 1_000; ms += 5) {
      now = second * 1_000 + ms
      for (due += arrivals(second) / 200; due >= 1; due--) {
        if (calls.enter(waiting)) inside += 1
        else refused += 1
      }
      for (work = Math.min(work + perSecond / 200, inside); work >= 1; work--) {
        calls.leave()
        inside -= 1
        answered += 1
      }
      most = Math.max(most, inside)
    }
    return { answered, refused, most }
  })
}

test('of twice as many calls as can be answered half are refused, and none waits for long', () => {
  const seconds = simulate(() => 400, 200, 30)
  for (const { answered, refused, most } of seconds.slice(5)) {
    expect(answered).toBeGreaterThanOrEqual(195)
    expect(refused).toBeGreaterThan(150)
    // A wait of a second, and what came while it was not known to be one.
    expect(most).toBeLessThan(320)
  }
})

test('nobody is refused any more as soon as fewer come', () => {
  const seconds = simulate((second) => (second < 10 ? 800 : 100), 200, 20)
  expect(seconds.slice(12).map(({ refused }) => refused)).toEqual(Array(8).fill(0))
})

test('no call is refused while all are answered, nor for a burst', () => {
  expect(simulate(() => 190, 200, 20).reduce((sum, { refused }) => sum + refused, 0)).toBe(0)
  // A hundred at once after silence.
  const burst = simulate((second) => (second === 5 ? 100 : 0), 200, 10)
  expect(burst.reduce((sum, { refused }) => sum + refused, 0)).toBe(0)
})

test('calls that wait for their hotel alone keep nobody out', () => {
  let now = 0
  const calls = crowd(LIMITS, () => now)
  for (let n = 0; n < 300; n++) calls.enter(n)
  now = 5_000
  expect(calls.enter(300)).toBe(true)
  now = 10_000
  expect(calls.enter(300)).toBe(true)
  // The same without the excuse: too many, and then for too long.
  expect(calls.enter(0)).toBe(true)
  for (; now < 11_000; now += 50) calls.enter(0)
  expect(calls.enter(0)).toBe(false)
})

test('there is a most that no excuse exceeds', () => {
  const calls = crowd(LIMITS, () => 0)
  for (let n = 0; n < LIMITS.most; n++) expect(calls.enter(n)).toBe(true)
  expect(calls.enter(LIMITS.most)).toBe(false)
  calls.leave()
  expect(calls.enter(LIMITS.most)).toBe(true)
})

test('the time in which a process is held up does not count', () => {
  let now = 0
  const calls = crowd(LIMITS, () => now)
  for (let n = 0; n < 20; n++) calls.enter(0)
  now = 5_000
  for (let n = 0; n < 20; n++) expect(calls.enter(0)).toBe(true)
  for (let ms = 0; ms < 600; ms += 10) {
    now += 10
    calls.enter(0)
  }
  expect(calls.enter(0)).toBe(false)
})
