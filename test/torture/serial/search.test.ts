import { expect, test } from '@jest/globals'
import { serialOrder } from './search.ts'

type Event = { start: number; end: number; write?: number; read?: number }
const register = {
  initial: 0,
  after: (state: number, { write, read }: Event) => (write !== undefined ? write : read === state ? state : undefined),
  textOf: String,
}
const search = (...events: Event[]) => serialOrder(events, register)
const never = Number.POSITIVE_INFINITY

test('finds the order in which each was told the truth', () => {
  const [write, read] = [
    { start: 0, end: 10, write: 1 },
    { start: 2, end: 4, read: 0 },
  ]
  expect(search(write, read)).toEqual({ is: 'FOUND', order: [read, write] })
})

test('there is none when a read is older than what was acknowledged before it', () => {
  expect(search({ start: 0, end: 10, write: 1 }, { start: 12, end: 14, read: 0 })).toMatchObject({ is: 'NONE' })
})

test('there is none when two reads see two writes in two orders', () => {
  const writes = [
    { start: 0, end: 100, write: 1 },
    { start: 0, end: 100, write: 2 },
  ]
  const reads = [1, 2, 1].map((read, n) => ({ start: 10 * n + 10, end: 10 * n + 15, read }))
  expect(search(...writes, ...reads)).toMatchObject({ is: 'NONE' })
})

test('a write of which nobody knows may have happened later, or never', () => {
  const unknown = { start: 0, end: never, write: 1 }
  expect(search(unknown, { start: 10, end: 12, read: 0 }, { start: 20, end: 22, read: 1 })).toMatchObject({
    is: 'FOUND',
  })
  expect(search(unknown, { start: 10, end: 12, read: 0 })).toMatchObject({ is: 'FOUND' })
  expect(search(unknown, { start: 10, end: 12, read: 1 }, { start: 20, end: 22, read: 0 })).toMatchObject({
    is: 'NONE',
  })
})

test('long histories of few at a time take few looks', () => {
  const events = Array.from({ length: 2_000 }, (_, n) =>
    n % 2 === 0 ? { start: 10 * n, end: 10 * n + 15, write: n } : { start: 10 * n + 6, end: 10 * n + 9, read: n - 1 },
  )
  expect(serialOrder(events, register, 10_000)).toMatchObject({ is: 'FOUND' })
})
