import { expect, test } from '@jest/globals'
import type { Operation } from '../history/evidence.ts'
import { ok, operation, refused, shown } from '../judge/tests/made-history.ts'
import { serialOrder } from './search.ts'
import { after, type Event, eventsOf, type SmallHotel } from './small-hotel.ts'

const NIGHT_1 = ['2030-01-01', '2030-01-02'] as const
const NIGHT_2 = ['2030-01-02', '2030-01-03'] as const
const create = (
  name: string,
  id: string,
  room: string,
  [from, until]: readonly [string, string],
  at: readonly [number, number],
) =>
  operation(
    name,
    'CreateReservation',
    { in_date: from, out_date: until, rooms: [room] },
    ok(...at, shown(id, 1, [room], from, until, { note: name })),
  )
const refusedCreate = (
  name: string,
  room: string,
  [from, until]: readonly [string, string],
  at: readonly [number, number],
) =>
  operation(
    name,
    'CreateReservation',
    { in_date: from, out_date: until, rooms: [room] },
    refused(...at, 'ROOM_NOT_AVAILABLE'),
  )
const cancel = (name: string, id: string, room: string, at: readonly [number, number]) =>
  operation(name, 'CancelReservation', { id }, ok(...at, shown(id, 2, [room], ...NIGHT_1)))
const list = (name: string, at: readonly [number, number], ...rows: object[]) =>
  operation(name, 'ListReservations', {}, ok(...at, { reservations: rows }))
const search = (...operations: Operation[]) =>
  serialOrder<SmallHotel, Event>(eventsOf(operations), {
    initial: new Map(),
    after,
    textOf: (hotel) => JSON.stringify([...hotel]),
  }).is

test('calls at once have an order in which each was told the truth', () => {
  const both = [create('c0.1', 'a', '1', NIGHT_1, [0, 10]), refusedCreate('c1.1', '1', NIGHT_1, [2, 12])]
  expect(search(...both, create('c0.2', 'b', '1', NIGHT_2, [11, 14]))).toBe('FOUND')
  expect(search(...both, cancel('c0.2', 'a', '1', [14, 16]), create('c1.2', 'c', '1', NIGHT_1, [15, 20]))).toBe('FOUND')
})

test('two have a night: there is none', () => {
  expect(search(create('c0.1', 'a', '1', NIGHT_1, [0, 10]), create('c1.1', 'b', '1', NIGHT_1, [2, 12]))).toBe('NONE')
})

test('a free night is refused: there is none', () => {
  expect(search(create('c0.1', 'a', '1', NIGHT_1, [0, 10]), refusedCreate('c1.1', '1', NIGHT_2, [11, 12]))).toBe('NONE')
  const cancelled = [create('c0.1', 'a', '1', NIGHT_1, [0, 10]), cancel('c0.2', 'a', '1', [11, 12])]
  expect(search(...cancelled, refusedCreate('c1.1', '1', NIGHT_1, [13, 14]))).toBe('NONE')
})

test('a swap gives both the other’s room, also when one of them has no other way', () => {
  const two = [create('c0.1', 'a', '1', NIGHT_1, [0, 10]), create('c0.2', 'b', '2', NIGHT_1, [11, 12])]
  const before = [shown('a', 1, ['1'], ...NIGHT_1), shown('b', 1, ['2'], ...NIGHT_1)]
  const swapped = [shown('a', 2, ['2'], ...NIGHT_1), shown('b', 2, ['1'], ...NIGHT_1)]
  const swap = (rows: object[]) =>
    operation('c0.3', 'SwapRooms', { reservations: ['a', 'b'] }, ok(13, 14, { reservations: rows }))
  expect(search(...two, swap(swapped), list('c1.1', [15, 16], ...swapped))).toBe('FOUND')
  expect(search(...two, swap(swapped), list('c1.1', [15, 16], ...before))).toBe('NONE')
})

test('what nobody answered is there or not, but does not come and go', () => {
  const unknown = operation(
    'c0.1',
    'CreateReservation',
    { in_date: NIGHT_1[0], out_date: NIGHT_1[1], rooms: ['1'] },
    { from: 0, to: 5, outcome: { is: 'unknown', code: '' } },
  )
  const row = shown('a', 1, ['1'], ...NIGHT_1, { note: 'c0.1' })
  expect(search(unknown, list('c1.1', [10, 11]), list('c1.2', [12, 13], row))).toBe('FOUND')
  expect(search(unknown, list('c1.1', [10, 11], row), list('c1.2', [12, 13]))).toBe('NONE')
})
