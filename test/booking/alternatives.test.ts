import { type Alternative, Alternatives } from '@hotel/proto/hotel/reservations/v1/alternatives'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Metadata, Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber } from '../support/hotel.ts'

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await sharedSuite()
  guest = (await suite.guests.createGuest({ first_name: 'Greta', last_name: 'Garbo' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN } = Reservation_Status
const newLocation = async () =>
  (await suite.locations.createLocation({ name: `L${freshNumber()}`, time_zone: 'UTC' })).id
const newType = async () => (await suite.roomTypes.createRoomType({ name: `T${freshNumber()}` })).id

/** Rooms of a location of their own, by default of a type of their own; known to the reservations service. */
async function someRooms(count: number, typed = true) {
  const location = await newLocation()
  const room_type = typed ? await newType() : undefined
  const rooms: string[] = []
  for (let n = 0; n < count; n++) {
    rooms.push((await suite.rooms.createRoom({ number: String(n + 1), location, room_type })).id)
  }
  await forget([reserve(rooms, 900, 901)])
  return { location, room_type: room_type ?? '', rooms }
}

/** Cancels reservations: what was reserved is free again. */
async function forget(reservations: Promise<{ id: string }>[]) {
  for (const made of reservations) await suite.reservations.deleteReservation({ id: (await made).id })
}

function reserve(rooms: string[], from: number, to: number) {
  return suite.reservations.createReservation({ guest, rooms, in_date: day(from), out_date: day(to) })
}

/** What is refused, with the alternatives that the refusal names and what it says is in the way. */
async function refused(call: Promise<unknown>) {
  const error = await call.then(
    () => new Error('was not refused'),
    (error: unknown) => error,
  )
  if (!(error instanceof RichClientError)) throw error
  const detail = error.extra.find((detail) => 'typeUrl' in detail && detail.typeUrl.endsWith('Alternatives'))
  const { value } = detail as unknown as { value: Uint8Array }
  const failure = error.extra.find((detail) => detail.$type === 'google.rpc.PreconditionFailure')
  const { violations } = failure as unknown as { violations: { subject: string }[] }
  return { error, violations, ...Alternatives.decode(value) }
}

const found = (alternatives: Alternative[]) =>
  alternatives.map(({ rooms, in_date, out_date }) => [rooms, in_date, out_date])

/** Books each alternative by its rooms: all must succeed, one beside the other. */
async function bookAll(alternatives: Alternative[]) {
  for (const { rooms, in_date, out_date } of alternatives) {
    await suite.reservations.createReservation({ guest, rooms, in_date, out_date })
  }
}

describe('a room that is held', () => {
  test('has rooms of its type and the nearest dates as alternatives; each is booked', async () => {
    const { location, rooms } = await someRooms(6)
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = rooms
    await suite.rooms.createRoom({ number: '7', location, room_type: await newType() })
    await reserve([a], 10, 12)
    // The gap that the stay fills best comes first.
    await reserve([e], 8, 9)
    await reserve([e], 12, 14)
    await reserve([b], 10, 11)
    const { error, alternatives } = await refused(reserve([a], 9, 12))
    expect(error).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: a, in_date: day(10) })
    expect(found(alternatives)).toEqual([
      [[e], day(9), day(12)],
      [[c], day(9), day(12)],
      [[d], day(9), day(12)],
      [[a], day(7), day(10)],
      [[a], day(12), day(15)],
    ])
    await bookAll(alternatives)
    expect(found((await refused(reserve([a], 9, 12))).alternatives)[0]).toEqual([[f], day(9), day(12)])
  })

  test('without a type has the rooms of its location', async () => {
    const { rooms } = await someRooms(2, false)
    const [a = '', b = ''] = rooms
    await reserve([a], 5, 6)
    const { alternatives } = await refused(reserve([a], 5, 6))
    expect(found(alternatives)).toEqual([
      [[b], day(5), day(6)],
      [[a], day(4), day(5)],
      [[a], day(6), day(7)],
    ])
    await bookAll(alternatives)
  })

  test('has no dates before today, none beyond 30 days, and none at all where all is full', async () => {
    const { rooms } = await someRooms(1)
    const [a = ''] = rooms
    await reserve([a], 1, 3)
    await reserve([a], 4, 33)
    const near = await refused(reserve([a], 2, 4))
    expect(found(near.alternatives)).toEqual([])
    const { id } = await reserve([a], 33, 40)
    const alone = await refused(reserve([a], 3, 5))
    expect(found(alone.alternatives)).toEqual([])
    await suite.reservations.deleteReservation({ id })
    const later = await refused(reserve([a], 3, 5))
    expect(found(later.alternatives)).toEqual([[[a], day(33), day(35)]])
    await bookAll(later.alternatives)
  })

  test('many refused at once are each told what is around their own wish, as one alone is', async () => {
    const { rooms } = await someRooms(3)
    const [a = '', b = ''] = rooms
    await reserve([a], 10, 12)
    await reserve([b], 20, 23)
    const wishes = [() => reserve([a], 10, 12), () => reserve([b], 20, 23), () => reserve([a, b], 11, 21)]
    const alone = await Promise.all(wishes.map(async (wish) => found((await refused(wish())).alternatives)))
    expect(new Set(alone.map((each) => JSON.stringify(each))).size).toBe(3)
    const together = await Promise.all(
      Array.from({ length: 60 }, (_, n) => refused((wishes[n % 3] as () => Promise<unknown>)())),
    )
    expect(together.map(({ alternatives }) => found(alternatives))).toEqual(together.map((_, n) => alone[n % 3]))
    // What is taken is seen by who is refused after that.
    const { alternatives } = await refused(reserve([a], 10, 12))
    await bookAll(alternatives.slice(0, 1))
    const next = found((await refused(reserve([a], 10, 12))).alternatives)
    expect(next).not.toContainEqual(found(alternatives)[0])
  })

  test('for day use: a day', async () => {
    const [a = ''] = (await someRooms(1)).rooms
    await reserve([a], 5, 6)
    const { alternatives } = await refused(reserve([a], 5, 5))
    expect(found(alternatives)).toEqual([
      [[a], day(4), day(4)],
      [[a], day(6), day(6)],
    ])
    await bookAll(alternatives)
  })

  test('by a block too; in nobody’s way is a hold that lapsed', async () => {
    const [a = '', b = '', c = ''] = (await someRooms(3)).rooms
    await suite.blocks.createRoomBlock({ room: a, in_date: day(5), out_date: day(6) })
    await reserve([b], 5, 6)
    const request = { guest, room: c, in_date: day(5), out_date: day(6) }
    const hold_until = new Date(Date.now() + 1_200)
    await suite.reservations.createReservation({ ...request, hold_until })
    const before = await refused(reserve([a], 5, 6))
    expect(found(before.alternatives)[0]).toEqual([[a], day(4), day(5)])
    await new Promise((resolve) => setTimeout(resolve, hold_until.getTime() - Date.now() + 1))
    const { alternatives } = await refused(reserve([a], 5, 6))
    expect(found(alternatives)[0]).toEqual([[c], day(5), day(6)])
    await bookAll(alternatives)
  })
})

describe('several rooms of which some are held', () => {
  test('have other rooms in place of these only, each of its own type', async () => {
    const { location, rooms } = await someRooms(3)
    const [a = '', b = '', c = ''] = rooms
    const room_type = await newType()
    const [x = '', y = ''] = await Promise.all(
      ['8', '9'].map(async (number) => (await suite.rooms.createRoom({ number, location, room_type })).id),
    )
    await forget([reserve([x, y], 900, 901)])
    await reserve([a, x], 3, 5)
    const { alternatives } = await refused(reserve([a, b, x], 3, 4))
    expect(found(alternatives)).toEqual([
      [[c, b, y], day(3), day(4)],
      [[a, b, x], day(2), day(3)],
      [[a, b, x], day(5), day(6)],
    ])
    const two = await refused(reserve([x, a], 4, 5))
    expect(found(two.alternatives)[0]).toEqual([[y, b], day(4), day(5)])
    for (const { rooms, in_date, out_date } of [...alternatives, ...two.alternatives]) {
      await forget([suite.reservations.createReservation({ guest, rooms, in_date, out_date })])
    }
  })

  test('100 of them: the refusal still fits, and what it names is booked', async () => {
    const { rooms } = await someRooms(100)
    await reserve(rooms, 5, 6)
    for (const clients of [suite, suite.gateway]) {
      let size = 0
      const onTrailer = (trailer: Metadata) => {
        size = (trailer.get('grpc-status-details-bin')?.length ?? 0) * (4 / 3)
      }
      const request = { guest, rooms, in_date: day(5), out_date: day(6) }
      const { alternatives, violations } = await refused(clients.reservations.createReservation(request, { onTrailer }))
      expect(violations).toHaveLength(10)
      // What a gRPC client takes by default, with room for the other trailers.
      expect(size).toBeGreaterThan(1_000)
      expect(size).toBeLessThan(7_500)
      expect(found(alternatives)).toEqual([[rooms, day(4), day(5)]])
    }
    await reserve(rooms, 4, 5)
  }, 60_000)
})

describe('rooms of a type', () => {
  test('that are not free: what is in the way, and the nearest dates; each is booked, by its rooms or by the type', async () => {
    const { location, room_type, rooms } = await someRooms(3)
    const [a = '', b = '', c = ''] = rooms
    await reserve([a], 5, 7)
    await reserve([b], 4, 6)
    await reserve([c], 6, 8)
    const request = { guest, room_type, location, in_date: day(5), out_date: day(7) }
    const two = await refused(suite.reservations.createReservation({ ...request, room_count: 2 }))
    expect(two.error).toRefuse(Status.FAILED_PRECONDITION, 'NO_ROOM_OF_TYPE_AVAILABLE', {
      room_type,
      requested: '2',
      free: '0',
    })
    expect(two.violations.map(({ subject }) => subject)).toEqual([a, b, c].map((room) => `rooms/${room}`))
    expect(found(two.alternatives)).toEqual([
      [[a, c], day(3), day(5)],
      [[a, b], day(7), day(9)],
    ])
    const one = await refused(suite.reservations.createReservation(request))
    expect(one.alternatives.map((alternative) => [alternative.room_type, ...(found([alternative])[0] ?? [])])).toEqual([
      [room_type, [c], day(4), day(6)],
      [room_type, [b], day(6), day(8)],
    ])
    await bookAll(one.alternatives)
    const left = await refused(suite.reservations.createReservation({ ...request, room_count: 2 }))
    for (const { in_date, out_date } of left.alternatives) {
      const made = await suite.reservations.createReservation({ ...request, room_count: 2, in_date, out_date })
      expect(made.rooms).toHaveLength(2)
    }
    expect(left.alternatives).toHaveLength(2)
  })
})

describe('a reservation that changes', () => {
  test('while expected: its own nights are in nobody’s way; each alternative is taken', async () => {
    const [a = '', b = ''] = (await someRooms(2)).rooms
    const { id } = await reserve([a], 5, 8)
    await reserve([a], 9, 12)
    const longer = { id, in_date: day(6), out_date: day(10) }
    const { alternatives } = await refused(suite.reservations.updateReservation(longer))
    expect(found(alternatives)).toEqual([
      [[b], day(6), day(10)],
      [[a], day(5), day(9)],
      [[a], day(12), day(16)],
    ])
    for (const { rooms, in_date, out_date } of alternatives) {
      const changed = await suite.reservations.updateReservation({ id, rooms, in_date, out_date })
      expect(changed).toMatchObject({ rooms, in_date, out_date })
    }
  })

  test('along with a check-in: other rooms, as no other day will do', async () => {
    const [a = '', b = ''] = (await someRooms(2)).rooms
    const { id } = await reserve([b], 0, 1)
    await reserve([a], 1, 3)
    const arrive = { id, status: CHECKED_IN, out_date: day(2) }
    const { alternatives } = await refused(suite.reservations.updateReservation({ ...arrive, rooms: [a] }))
    expect(found(alternatives)).toEqual([[[b], day(0), day(2)]])
    const [{ rooms, in_date, out_date } = { rooms: [], in_date: '', out_date: '' }] = alternatives
    const arrived = await suite.reservations.updateReservation({ ...arrive, rooms, in_date, out_date })
    expect(arrived.status).toBe(CHECKED_IN)
  })

  test('while the guest is here: another room from tonight on, or as long as the room is free', async () => {
    const [a = '', b = '', c = ''] = (await someRooms(3)).rooms
    const { id } = await reserve([a], -2, 2)
    await suite.reservations.updateReservation({ id, status: CHECKED_IN })
    await reserve([a], 4, 6)
    await reserve([b], -2, 0)
    await reserve([c], 3, 4)
    const extend = () => suite.reservations.updateReservation({ id, out_date: day(5) })
    const { alternatives } = await refused(extend())
    expect(found(alternatives)).toEqual([
      [[b], day(-2), day(5)],
      [[a], day(-2), day(4)],
    ])
    for (const { rooms, in_date, out_date } of alternatives.toReversed()) {
      await suite.reservations.updateReservation({ id, rooms, in_date, out_date })
    }
    // In the room it is in now it can stay for no longer than it does: that is no alternative.
    await reserve([b], 5, 6)
    await reserve([a], 0, 4)
    const last = await refused(suite.reservations.updateReservation({ id, out_date: day(6) }))
    expect(found(last.alternatives)).toEqual([])
  })

  test('by being restored: what can be reserved anew', async () => {
    const [a = '', b = ''] = (await someRooms(2)).rooms
    const { id } = await reserve([a], 5, 8)
    await suite.reservations.deleteReservation({ id })
    await reserve([a], 7, 9)
    const { alternatives } = await refused(suite.reservations.undeleteReservation({ id }))
    expect(found(alternatives)).toEqual([
      [[b], day(5), day(8)],
      [[a], day(4), day(7)],
      [[a], day(9), day(12)],
    ])
    await bookAll(alternatives)
  })

  test('by being restored after its room is gone: other rooms, no dates of that one', async () => {
    const [a = '', b = ''] = (await someRooms(2)).rooms
    const { id } = await reserve([a], 5, 8)
    await suite.reservations.deleteReservation({ id })
    await suite.rooms.deleteRoom({ id: a })
    const { error, alternatives } = await refused(suite.reservations.undeleteReservation({ id }))
    expect(error).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: a, in_date: day(5) })
    expect(found(alternatives)).toEqual([[[b], day(5), day(8)]])
    await bookAll(alternatives)
  })
})

test('over REST an empty list of alternatives is one too', async () => {
  const [room = ''] = (await someRooms(1)).rooms
  await reserve([room], 0, 366)
  const body = { guest, room, in_date: day(5), out_date: day(6) }
  const { status, json } = await suite.rest('POST', '/reservations', { body })
  expect([status, json.details[2].alternatives]).toEqual([400, []])
})

test('over REST the alternatives are JSON, name their snapshot, and nobody else', async () => {
  const [a = '', b = ''] = (await someRooms(2)).rooms
  const other = await reserve([a], 5, 6)
  const body = { guest, room: a, in_date: day(5), out_date: day(6) }
  const { status, json, text } = await suite.rest('POST', '/reservations', { body })
  expect([status, json.details.length]).toEqual([400, 3])
  const detail = json.details[2]
  expect(detail).toEqual({
    '@type': 'type.googleapis.com/hotel.reservations.v1.Alternatives',
    time: expect.any(String),
    seq: expect.stringMatching(/^\d+$/),
    alternatives: [
      { rooms: [b], in_date: day(5), out_date: day(6) },
      { rooms: [a], in_date: day(4), out_date: day(5) },
      { rooms: [a], in_date: day(6), out_date: day(7) },
    ],
  })
  const [head] = await suite.sql<{ seq: string }>('reservations', 'select seq from feed_head where hotel_id = $1', [
    other.hotel,
  ])
  expect(detail.seq).toBe(head?.seq)
  expect(Math.abs(Date.parse(detail.time) - Date.now())).toBeLessThan(60_000)
  expect(text).not.toMatch(/Greta|Garbo/)
  expect(text).not.toContain(guest)
  expect(text).not.toContain(other.id)
})
