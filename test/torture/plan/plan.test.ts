import { expect, test } from '@jest/globals'
import { FAULT_KINDS } from './operations.ts'
import { makePlan } from './plan.ts'

const size = { seconds: 60, clients: 8, small: 3 }

test('the same seed plans the same operations and faults, another one others', () => {
  const [plan, again, other] = [7, 7, 8]
    .map((seed) => makePlan({ ...size, seed }))
    .map(({ clients, faults }) => ({
      // As texts: there are many.
      clients: JSON.stringify(clients),
      faults: JSON.stringify(faults),
    }))
  expect(again?.clients === plan?.clients && again?.faults === plan?.faults).toBe(true)
  expect(other?.clients === plan?.clients || other?.faults === plan?.faults).toBe(false)
})

test('of a plan for a minute all kinds of operations are there, and most kinds of faults, one at a time', () => {
  const { clients, faults } = makePlan({ ...size, seed: 7 })
  const kinds = new Set(clients.flatMap((client) => client.map(({ act }) => act.do)))
  expect(kinds.size).toBe(28)
  expect(new Set(faults.map(({ kind }) => kind)).size).toBeGreaterThan(FAULT_KINDS.length / 2)
  for (const [n, { atMs }] of faults.entries()) {
    const before = faults[n - 1]
    if (before !== undefined) expect(atMs).toBeGreaterThan(before.atMs + before.forMs)
  }
})
