import { expect, test } from '@jest/globals'
import { RECOVERY_MS } from '../plan/recovery.ts'
import { calmMs } from './canary.ts'

test('time in which the machine stalls, and soon after it, does not count', () => {
  expect(calmMs([], 1_000, 61_000)).toBe(60_000)
  expect(calmMs([{ start: 2_000, end: 3_000 }], 1_000, 61_000)).toBe(60_000 - 1_000 - RECOVERY_MS)
  expect(calmMs([{ start: 0, end: 500 }], 1_000, 61_000)).toBe(60_000 - (RECOVERY_MS - 500))
  expect(calmMs([{ start: 60_500, end: 62_000 }], 1_000, 61_000)).toBe(59_500)
  const near = [
    { start: 10_000, end: 11_000 },
    { start: 12_000, end: 13_000 },
  ]
  expect(calmMs(near, 1_000, 61_000)).toBe(60_000 - 3_000 - RECOVERY_MS)
  expect(calmMs([{ start: 70_000, end: 71_000 }], 1_000, 61_000)).toBe(60_000)
})
