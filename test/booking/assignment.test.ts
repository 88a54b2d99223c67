import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import type { Clients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { replicasOf } from '../running/replicas.ts'
import { day, demandViewIsTrue, freshNumber } from '../support/hotel.ts'

const CALLERS = 500

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
}, 30_000)
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const newLocation = () => suite.locations.createLocation({ name: `L${freshNumber()}`, time_zone: 'UTC' })
const newType = async () => (await suite.roomTypes.createRoomType({ name: `T${freshNumber()}` })).id

/** A new type with rooms of these numbers at a new location. */
async function roomsOfType(...numbers: string[]) {
  const [room_type, { id: location }] = [await newType(), await newLocation()]
  const rooms = []
  for (const number of numbers) rooms.push((await suite.rooms.createRoom({ number, location, room_type })).id)
  return { room_type, location, rooms }
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1))

type Request = {
  room_type: string
  location?: string
  room_count?: number
  from?: number
  to?: number
  hold_until?: Date
}

function book({ from = 1, to = 2, ...request }: Request, clients: Pick<Clients, 'reservations'> = suite) {
  return clients.reservations.createReservation({ guest, in_date: day(from), out_date: day(to), ...request })
}

async function nightsHeldTwice(rooms: string[]) {
  return suite.sql(
    'reservations',
    `select a.room_id from occupancy a join occupancy b
     on b.room_id = a.room_id and b.during && a.during and (b.holder_id, b.in_date) > (a.holder_id, a.in_date)
     where a.room_id = any($1)`,
    [rooms],
  )
}

describe(`${CALLERS} callers at two replicas race for the last rooms of a type`, () => {
  // Beside the first night, which all want, the stays are of mixed length.
  test.each([1, 7, 20])(
    '%d rooms: exactly as many win',
    async (free) => {
      const { rooms, ...type } = await roomsOfType(...numbered(free))
      const replicas = replicasOf(suite)
      const results = await Promise.allSettled(
        Array.from({ length: CALLERS }, (_, n) =>
          book({ ...type, from: 1 - (n % 3), to: 2 + (n % 5) }, replicas[n % replicas.length]?.clients),
        ),
      )
      for (const { close } of replicas) close()
      const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      for (const loser of losers) {
        expect(loser).toRefuse(Status.FAILED_PRECONDITION, 'NO_ROOM_OF_TYPE_AVAILABLE', {
          room_type: type.room_type,
          requested: '1',
          free: '0',
        })
      }
      const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.room] : []))
      expect(winners.toSorted()).toEqual(rooms.toSorted())
      expect(await nightsHeldTwice(rooms)).toEqual([])
    },
    60_000,
  )

  test('with one to three rooms each: all or none, and nobody is refused who would have fitted', async () => {
    const { rooms, ...type } = await roomsOfType(...numbered(20))
    const results = await Promise.allSettled(
      Array.from({ length: 120 }, (_, n) => book({ ...type, room_count: 1 + (n % 3) }, suite.gateway)),
    )
    const held = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.rooms : []))
    expect(held.toSorted()).toEqual(rooms.toSorted())
    expect(new Set(held).size).toBe(held.length)
    await demandViewIsTrue(suite)
  }, 60_000)

  test('a request of several that fails half-way takes no room from the others', async () => {
    const { rooms, ...type } = await roomsOfType(...numbered(4))
    // Five of four rooms can never be had, and are refused among those who get all four.
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => book({ ...type, room_count: n % 2 ? 5 : 1 }, suite.gateway)),
    )
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.room] : []))
    expect(winners.toSorted()).toEqual(rooms.toSorted())
  })
})

describe('the room that is chosen', () => {
  test('is the one whose gap the stay fills best', async () => {
    const { rooms, ...type } = await roomsOfType('1', '2', '3')
    const [wide = '', exact = '', tight = ''] = rooms
    const take = (room: string, from: number, to: number) =>
      suite.reservations.createReservation({ guest, room, in_date: day(from), out_date: day(to) })
    await take(wide, 2, 5)
    await take(exact, 8, 10)
    await take(exact, 13, 15)
    await take(tight, 9, 10)
    await take(tight, 14, 15)
    const chosen = []
    for (let n = 0; n < 3; n++) chosen.push((await book({ ...type, from: 10, to: 13 })).room)
    expect(chosen).toEqual([exact, tight, wide])
  })

  test('among equals is the first by number, in natural order; several are answered in that order', async () => {
    const { rooms, ...type } = await roomsOfType('10', '9', '2b', '2a')
    const [ten, nine, b, a] = rooms
    expect((await book({ ...type, room_count: 3 })).rooms).toEqual([a, b, nine])
    expect((await book(type)).rooms).toEqual([ten])
  })

  test('is of the type, of the location, and live', async () => {
    const { rooms, room_type, location } = await roomsOfType('1', '2')
    const [one = '', two = ''] = rooms
    const elsewhere = await newLocation()
    await suite.rooms.createRoom({ number: '3', location: elsewhere.id, room_type })
    await suite.rooms.createRoom({ number: '4', location })
    await suite.rooms.createRoom({ number: '5', location, room_type: await newType() })
    await suite.rooms.deleteRoom({ id: one })
    const made = await book({ room_type, location })
    expect([made.room, made.location]).toEqual([two, location])
    await expect(book({ room_type, location })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'NO_ROOM_OF_TYPE_AVAILABLE',
      { room_type, requested: '1', free: '0' },
    )
  })

  test('may be held by a lapsing hold, and is free again when that has lapsed', async () => {
    const { rooms, ...type } = await roomsOfType('1')
    const hold_until = new Date(Date.now() + 1_500)
    const held = await book({ ...type, hold_until })
    expect(held).toMatchObject({ rooms, hold_until })
    await expect(book(type)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'NO_ROOM_OF_TYPE_AVAILABLE')
    await new Promise((resolve) => setTimeout(resolve, hold_until.getTime() - Date.now() + 1))
    await expect(book(type)).resolves.toMatchObject({ rooms })
  })
})

describe('what is asked for', () => {
  test('when too few are free: how many are, and nothing is held', async () => {
    const { room_type, location } = await roomsOfType('1', '2', '3')
    await book({ room_type, location })
    await expect(book({ room_type, location, room_count: 3 })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'NO_ROOM_OF_TYPE_AVAILABLE',
      { room_type, requested: '3', free: '2' },
    )
    expect((await book({ room_type, location, room_count: 2 })).rooms).toHaveLength(2)
  })

  test('needs a location when the hotel has several, else takes the only one, however new all is', async () => {
    const { room_type, location } = await roomsOfType('1')
    await expect(book({ room_type })).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'location' })
    await expect(book({ room_type, location: guest })).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', {
      fields: 'location',
    })
    await expect(book({ room_type, location })).resolves.toMatchObject({ location })

    for (let n = 0; n < 5; n++) {
      const { id: hotel } = await suite.hotels.createHotel({ name: 'Other' })
      const only = await suite.locations.createLocation({ hotel, name: 'Only', time_zone: 'UTC' })
      const { id: type } = await suite.roomTypes.createRoomType({ hotel, name: 'Double' })
      const { id: room } = await suite.rooms.createRoom({ number: '1', location: only.id, room_type: type })
      const { id: other } = await suite.guests.createGuest({ hotel, first_name: 'Bo' })
      const made = suite.reservations.createReservation({
        guest: other,
        room_type: type,
        in_date: day(1),
        out_date: day(2),
      })
      await expect(made).resolves.toMatchObject({ hotel, location: only.id, room })
    }
  })

  test('is either rooms or a type, and 1 to 100 rooms', async () => {
    const { room_type, location, rooms } = await roomsOfType('1')
    const body = { guest, in_date: day(1), out_date: day(2), room_type, location }
    const wrong: [given: object, field: string][] = [
      [{ room: rooms[0] }, 'room'],
      [{ rooms }, 'rooms'],
      [{ room_count: 0 }, 'room_count'],
      [{ room_count: 101 }, 'room_count'],
      [{ room_count: -1 }, 'room_count'],
      [{ room_count: 'two' }, 'room_count'],
      [{ room_type: guest }, 'room_type'],
      [{ room_type: 'double' }, 'room_type'],
      [{ location: 'here' }, 'location'],
      [{ room_type: undefined, room: rooms[0], room_count: 1 }, 'room_count'],
      [{ room_type: undefined, room: rooms[0], location: guest }, 'location'],
    ]
    for (const [given, field] of wrong) {
      const { status, json } = await suite.rest('POST', '/reservations', { body: { ...body, ...given } })
      expect([status, json.details[1].field_violations.map((violation: { field: string }) => violation.field)]).toEqual(
        [400, [field]],
      )
    }
    const { status, json } = await suite.rest('POST', '/reservations', { body: { ...body, room_count: 1 } })
    expect([status, json.rooms]).toEqual([201, rooms])
  })

  test('with a key is answered once, with the same rooms', async () => {
    const { room_type, location, rooms } = await roomsOfType('1', '2')
    const keyed = { metadata: Metadata({ 'idempotency-key': 'type' }) }
    const request = { guest, room_type, location, in_date: day(1), out_date: day(2) }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => suite.gateway.reservations.createReservation(request, keyed)),
    )
    for (const answer of answers) expect(answer).toEqual({ ...answers[0], rooms: [rooms[0]] })
  })

  test('while the rooms service is down: what is free is booked, but nobody is told that nothing is', async () => {
    const { rooms, ...type } = await roomsOfType('1')
    await book({ ...type, from: 5, to: 6 })
    await suite.stack.services.rooms.kill('SIGKILL')
    await expect(book(type)).resolves.toMatchObject({ rooms })
    await expect(book(type)).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', { peer: 'rooms' })
    await suite.stack.services.rooms.start()
  }, 30_000)
})
