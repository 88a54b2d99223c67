import { expect, test } from '@jest/globals'
import { CONNECTIONS } from '../database/database.ts'
import type { Limits, Turn } from '../database/head-lines.ts'
import { HeadIsHeld, HotelIsBusy, NotTogether, RowIsHeld, turns } from '../database/head-turns.ts'
import { LANES } from './under-head.ts'

const LIMITS: Limits = { quick: 2, slow: 1, waiting: { quick: 4, slow: 4 }, waitMs: { quick: 60_000, slow: 60_000 } }
const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** An attempt that stays until it is told what becomes of it. */
function attempts<Task = never>() {
  const inside: { name: string; turn: Turn<Task>; end: (how?: Error) => void }[] = []
  const attempt = (name: string) => (turn: Turn<Task>) =>
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

test('hotels that have their heads and wait for rows under them share the slow turns too, until a write succeeds', async () => {
  const take = turns(LIMITS)
  const { attempt, names, of } = attempts()
  const stuck = ['a', 'b', 'c'].flatMap((hotel) => [1, 2].map((n) => take(hotel, never, attempt(`${hotel}${n}`))))
  const ends = Promise.allSettled(stuck)
  await settled()
  for (const name of ['a1', 'b1']) of(name).turn?.taken()
  for (const name of ['a1', 'b1']) of(name).end(new RowIsHeld())
  await settled()
  // Of the third the next one is at the head already.
  of('c1').turn?.taken()
  await settled()
  for (const name of ['c1', 'c2']) of(name).end(new RowIsHeld())
  await settled()
  // Of all three together one at a time is tried, and keeps the turn of the slow when it has its head.
  const [only = ''] = names()
  expect(names()).toHaveLength(1)
  of(only).turn?.taken()
  await settled()
  expect(names()).toEqual([only])
  const free = ['x', 'y'].map((hotel) => take(hotel, never, attempt(hotel)))
  await settled()
  expect(names()).toEqual([only, 'x', 'y'])
  for (const name of ['x', 'y']) of(name).end()
  await Promise.all(free)
  for (let n = 0; n < 3; n++) {
    for (const name of names()) of(name).end()
    await settled()
  }
  expect((await ends).map(({ status }) => status)).toEqual([
    ...['rejected', 'fulfilled'],
    ...['rejected', 'fulfilled'],
    ...['rejected', 'rejected'],
  ])
  // The third has had no success yet.
  const third = take('c', never, attempt('c'))
  await settled()
  of('c').end()
  await third
  const again = ['a', 'b'].map((hotel) => take(hotel, never, attempt(hotel)))
  await settled()
  expect(names()).toEqual(['a', 'b'])
  for (const name of ['a', 'b']) of(name).end()
  await Promise.all(again)
})

test('a turn takes along those that wait and suit it: they are told what comes of it, and the others keep their places', async () => {
  const take = turns<string>(LIMITS)
  const { attempt, names, of } = attempts<string>()
  const all = ['one', 'two', 'three', 'four'].map((name) => take('a', never, attempt(name), name))
  await settled()
  const turn = of('one').turn
  turn?.taken()
  await settled()
  // The second is at the head already.
  expect(names()).toEqual(['one', 'two'])
  const along = turn?.takeAlong((task) => task === 'four') ?? []
  expect(along.map(({ task }) => task)).toEqual(['four'])
  along[0]?.settle(Promise.resolve('along'))
  expect(await all[3]).toBe('along')
  for (const name of ['one', 'two', 'three']) {
    of(name).end()
    await settled()
  }
  expect(await Promise.all(all)).toEqual(['one', 'two', 'three', 'along'])
})

test('those that can not go together come again before all others, each for itself', async () => {
  const take = turns<string>(LIMITS)
  const { attempt, names, of } = attempts<string>()
  const all = ['one', 'two', 'three', 'four'].map((name) => take('a', never, attempt(name), name))
  await settled()
  const turn = of('one').turn
  turn?.taken()
  await settled()
  const along = turn?.takeAlong((task) => task === 'four') ?? []
  along[0]?.settle(Promise.reject(new NotTogether()))
  of('one').end(new NotTogether())
  await settled()
  of('two').end()
  await settled()
  const again: string[] = []
  while (again.length < 2) {
    const [name = ''] = names()
    again.push(name)
    of(name).turn?.taken()
    expect(of(name).turn?.takeAlong(() => true)).toEqual([])
    of(name).end()
    await settled()
  }
  expect(again.toSorted()).toEqual(['four', 'one'])
  of('three').end()
  expect(await Promise.all(all)).toEqual(['one', 'two', 'three', 'four'])
})

test('who has left is not taken along, and who has no task neither', async () => {
  const take = turns<string>(LIMITS)
  const { attempt, of } = attempts<string>()
  const first = take('a', never, attempt('one'), 'one')
  const second = take('a', never, attempt('two'), 'two')
  const leaving = new AbortController()
  const left = take('a', leaving.signal, attempt('three'), 'three')
  const alone = take('a', never, attempt('four'))
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  const turn = of('one').turn
  turn?.taken()
  expect(turn?.takeAlong(() => true)).toEqual([])
  for (const name of ['one', 'two', 'four']) {
    of(name).end()
    await settled()
  }
  await Promise.all([first, second, alone])
})
