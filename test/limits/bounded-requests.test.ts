import { randomUUIDv7 } from 'node:crypto'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Each kind of resource that has a mask: one that is there, a field of it, and how it is changed. */
async function masked(): Promise<[kind: string, field: string, update: (mask: string[]) => Promise<unknown>][]> {
  const { guest, room } = await guestAndRoom(suite)
  const reservation = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  const type = await suite.roomTypes.createRoomType({ name: freshNumber() })
  const person = { first_name: 'Ada', email: `${freshNumber()}@example.org`, role: 3 } as const
  const employee = await suite.employees.createEmployee(person)
  return [
    ['guest', 'last_name', (update_mask) => suite.guests.updateGuest({ id: guest, update_mask })],
    ['room', 'room_type', (update_mask) => suite.rooms.updateRoom({ id: room, update_mask })],
    ['room type', 'description', (update_mask) => suite.roomTypes.updateRoomType({ id: type.id, update_mask })],
    ['location', 'city', (update_mask) => suite.locations.updateLocation({ id: DEFAULT_LOCATION, update_mask })],
    ['hotel', 'name', (update_mask) => suite.hotels.updateHotel({ id: DEFAULT_HOTEL, name: 'Hotel', update_mask })],
    ['employee', 'last_name', (update_mask) => suite.employees.updateEmployee({ id: employee.id, update_mask })],
    ['reservation', 'note', (update_mask) => suite.reservations.updateReservation({ id: reservation.id, update_mask })],
  ]
}

/** The wrong fields that a refusal names. */
async function wrongFields(call: Promise<unknown>): Promise<{ field: string; description: string }[]> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD')
  const details = error instanceof RichClientError ? error.extra : []
  return details.flatMap((detail) => (detail.$type === 'google.rpc.BadRequest' ? detail.fieldViolations : []))
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `x${index.toString(36)}`)

describe('a mask', () => {
  test('may name a field as often as it likes', async () => {
    for (const [, field, update] of await masked()) await update(Array.from({ length: 4_000 }, () => field))
  })

  test('of many unknown names is told the first 16', async () => {
    for (const [, field, update] of await masked()) {
      const wrong = await wrongFields(update([field, ...names(90)]))
      expect(wrong.map((each) => each.field)).toEqual(Array.from({ length: 16 }, () => 'update_mask'))
    }
  })

  test('of more than 100 names is refused as a whole', async () => {
    for (const [, , update] of await masked()) {
      expect(await wrongFields(update(names(101)))).toEqual([
        expect.objectContaining({ field: 'update_mask', description: 'names more than 100 fields: name fewer' }),
      ])
      expect(await wrongFields(update([...names(5_000), ...names(5_000)]))).toHaveLength(1)
    }
  })
})

/** The calls that the peers of reservations have begun to answer, by their methods; without what goes on all the time, and what this file calls. */
async function callsOfPeers(): Promise<Record<string, number>> {
  const { guests, rooms } = suite.stack.metricsAddresses
  const texts = await Promise.all([...guests, ...rooms].map(async (at) => (await fetch(`http://${at}/metrics`)).text()))
  const counts = texts.join('\n').matchAll(/^grpc_server_started_total\{.*grpc_method="(\w+)".*\} (\d+)$/gm)
  const counted: Record<string, number> = {}
  for (const [, method = '', count] of counts)
    if (!/^(Check|WatchHeads|ListChanges|CreateGuest)$/.test(method))
      counted[method] = (counted[method] ?? 0) + Number(count)
  return counted
}

/** What they begin to answer while this runs. */
async function callsDuring(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await callsOfPeers()
  await act()
  const after = Object.entries(await callsOfPeers()).map(([method, count]) => [method, count - (before[method] ?? 0)])
  return Object.fromEntries(after.filter(([, count]) => count !== 0))
}

const ids = (count: number) => Array.from({ length: count }, () => randomUUIDv7())
const dates = { in_date: day(1), out_date: day(2) }

describe('what is wrong in itself', () => {
  test('is refused before another service is asked', async () => {
    const [guest, room] = ids(2) as [string, string]
    const live = await guestAndRoom(suite)
    const { id } = await suite.reservations.createReservation({ ...live, in_date: day(5), out_date: day(6) })
    const { reservations, blocks, guests } = suite
    const hotel = (await suite.hotels.createHotel({ name: 'Another' })).id
    const cases: [wrong: string, call: () => Promise<unknown>][] = [
      ['rooms', () => reservations.createReservation({ guest, rooms: ids(1_600), ...dates })],
      ['rooms', () => reservations.createReservation({ guest, rooms: ids(101), ...dates })],
      ['rooms', () => reservations.createReservation({ guest, rooms: [room, room], ...dates })],
      ['out_date', () => reservations.createReservation({ guest, room, in_date: day(2), out_date: day(1) })],
      ['note', () => reservations.createReservation({ guest, room, ...dates, note: ' ' })],
      ['room_count', () => reservations.createReservation({ guest, room_type: room, room_count: 101, ...dates })],
      ['rooms', () => reservations.updateReservation({ id, rooms: ids(101) })],
      ['in_date', () => reservations.updateReservation({ id, rooms: ids(100), in_date: 'soon' })],
      ['rooms', () => reservations.replaceReservation({ id, guest, rooms: ids(101), ...dates })],
      ['out_date', () => blocks.createRoomBlock({ room, in_date: day(2), out_date: day(1) })],
      ['reason', () => blocks.createRoomBlock({ room, ...dates, reason: ' ' })],
      ['first_name', () => guests.createGuest({ hotel, first_name: ' ' })],
    ]
    for (const [field, call] of cases)
      expect([field, await callsDuring(async () => expect((await wrongFields(call()))[0]?.field).toBe(field))]).toEqual(
        [field, {}],
      )
    const unnamed = () => reservations.updateReservation({ id, rooms: ids(1_600), note: 'x', update_mask: ['note'] })
    expect(await callsDuring(unnamed)).toEqual({})
  })

  test('a hundred rooms are taken, whose service is asked once for all that are not known yet', async () => {
    const rooms = await Promise.all(
      Array.from({ length: 100 }, async () => (await suite.rooms.createRoom({ number: freshNumber() })).id),
    )
    const { guest } = await guestAndRoom(suite)
    await suite.reservations.createReservation({ guest, rooms, in_date: day(30), out_date: day(31) })
    // As if the feed had not told of them.
    await suite.sql('reservations', 'delete from room where id = any($1)', [rooms])
    await suite.sql('reservations', 'delete from location where hotel_id = $1', [DEFAULT_HOTEL])
    const book = () => suite.reservations.createReservation({ guest, rooms, ...dates })
    expect(await callsDuring(book)).toEqual({ ListResources: 2 })
    expect(
      await callsDuring(() => wrongFields(suite.reservations.createReservation({ guest, rooms: ids(100), ...dates }))),
    ).toEqual({ ListResources: 1 })
  })
})
