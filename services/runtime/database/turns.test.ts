import { expect, test } from '@jest/globals'
import { LANES } from '../resource/under-head.ts'
import { CONNECTIONS } from './database.ts'
import { HeadIsHeld, HotelIsBusy, type Limits, type Turn, turns } from './turns.ts'

const LIMITS: Limits = { quick: 2, slow: 1, waiting: { quick: 4, slow: 4 }, waitMs: { quick: 60_000, slow: 60_000 } }
const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** An attempt that stays until it is told what becomes of it. */
function attempts() {
  const inside: { name: string; turn: Turn; end: (how?: Error) => void }[] = []
  const attempt = (name: string) => (turn: Turn) =>
    new Promise<string>((resolve, reject) => {
      const self = {
        name,
        turn,
        end(how?: Error) {
          inside.splice(inside.indexOf(self), 1)
          if (how === undefined) resolve(name)
          else reject(how)
        },
      }
      inside.push(self)
    })
  const names = () => inside.map(({ name }) => name)
  const of = (name: string) => inside.find((each) => each.name === name) ?? { turn: undefined, end: () => undefined }
  return { attempt, names, of }
}

test('one of a hotel waits at the head, in order; the next one comes when the head is taken', async () => {
  const take = turns(LIMITS)
  const { attempt, names, of } = attempts()
  const all = ['a1', 'a2', 'a3'].map((name) => take('a', never, attempt(name)))
  await settled()
  expect(names()).toEqual(['a1'])
  of('a1').turn?.taken()
  await settled()
  expect(names()).toEqual(['a1', 'a2'])
  of('a1').end()
  await settled()
  // The second has not got the head yet.
  expect(names()).toEqual(['a2'])
  of('a2').end()
  await settled()
  of('a3').end()
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3'])
})

test('hotels whose head is held share the slow turns, however many they are; the others have the quick ones', async () => {
  const take = turns(LIMITS)
  const { attempt, names, of } = attempts()
  const locked = ['a', 'b', 'c', 'd', 'e'].map((hotel) => take(hotel, never, attempt(hotel)))
  const seen = new Set<string>()
  // Each is found to be held once, and from then on only one at a time is tried.
  for (let n = 0; n < 20; n++) {
    await settled()
    for (const name of names()) {
      seen.add(name)
      of(name).end(new HeadIsHeld())
    }
  }
  await settled()
  expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(names()).toHaveLength(1)
  const free = ['x', 'y'].map((hotel) => take(hotel, never, attempt(hotel)))
  await settled()
  expect(names()).toEqual(expect.arrayContaining(['x', 'y']))
  for (const name of ['x', 'y']) of(name).end()
  await Promise.all(free)
  // All come to their turn once the heads are free.
  for (let n = 0; n < 5; n++) {
    for (const name of names()) {
      of(name).turn?.taken()
      of(name).end()
    }
    await settled()
  }
  expect(await Promise.all(locked)).toHaveLength(5)
})

test('who missed the head is tried again before those who came later', async () => {
  const take = turns(LIMITS)
  const { attempt, names, of } = attempts()
  const all = ['a1', 'a2'].map((name) => take('a', never, attempt(name)))
  await settled()
  of('a1').end(new HeadIsHeld())
  await settled()
  expect(names()).toEqual(['a1'])
  of('a1').turn?.taken()
  await settled()
  for (const name of ['a1', 'a2']) of(name).end()
  await Promise.all(all)
})

test('a queue that is full refuses, and so does one that takes too long; who gives up leaves no trace', async () => {
  const take = turns({ ...LIMITS, waitMs: { quick: 50, slow: 50 } })
  const { attempt, names, of } = attempts()
  const first = take('a', never, attempt('first'))
  const late = Array.from({ length: 3 }, () => take('a', never, attempt('late')))
  const ends = Promise.allSettled(late)
  const leaving = new AbortController()
  const left = take('a', leaving.signal, attempt('left'))
  await expect(take('a', never, attempt('too many'))).rejects.toBeInstanceOf(HotelIsBusy)
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: expect.any(HotelIsBusy) })
  of('first').end(new HeadIsHeld())
  await expect(first).rejects.toBeInstanceOf(HotelIsBusy)
  const next = take('a', never, attempt('next'))
  await settled()
  expect(names()).toEqual(['next'])
  of('next').end()
  await next
})

test('an attempt that fails gives back its turn', async () => {
  const take = turns({ ...LIMITS, quick: 1 })
  for (let n = 0; n < 3; n++)
    await expect(take('a', never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await take('b', never, async () => 'in')).toBe('in')
})

test('all turns at the heads leave connections for reads', () => {
  const most = Object.values(LANES).reduce((sum, { quick, slow }) => sum + quick + slow, 0)
  expect(CONNECTIONS - most).toBeGreaterThanOrEqual(6)
})
