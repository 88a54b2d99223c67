import { randomUUID } from 'node:crypto'
import { type Reservation, Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { replicasOf } from '../running/replicas.ts'
import { day, demandViewIsTrue, freshNumber } from '../support/hotel.ts'
import { importBatch } from '../transfer/importing.ts'

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status
const { FAILED_PRECONDITION } = Status
const newRoom = async (more: object = {}) => (await suite.rooms.createRoom({ number: freshNumber(), ...more })).id
const read = (id: string) => suite.reservations.getReservation({ id })
const checkIn = (id: string, more: object = {}) =>
  suite.reservations.updateReservation({ id, status: CHECKED_IN, ...more })
const checkOut = (id: string) => suite.reservations.updateReservation({ id, status: CHECKED_OUT })
const move = (id: string, room: string) => suite.reservations.updateReservation({ id, room })

function reserve(room: string, from: number, to: number): Promise<Reservation> {
  return suite.reservations.createReservation({ guest, room, in_date: day(from), out_date: day(to) })
}

/** A guest who is in a room, whatever has become of the nights. */
async function staying(room: string, from: number, to: number): Promise<string> {
  return (await checkIn((await reserve(room, from, to)).id)).id
}

/** What a room is refused with in which a guest is who was to leave so many days ago. */
const occupied = (room: string) => ({ room, in_date: day(), out_date: day(1) })

async function isRefused(call: Promise<unknown>, room: string): Promise<void> {
  await expect(call).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', occupied(room))
}

/** A new type with rooms, all of one location. */
async function roomsOfType(count: number) {
  const room_type = (await suite.roomTypes.createRoomType({ name: `T${freshNumber()}` })).id
  const location = (await suite.locations.createLocation({ name: `L${freshNumber()}`, time_zone: 'UTC' })).id
  const rooms: string[] = []
  for (let n = 0; n < count; n++) rooms.push(await newRoom({ location, room_type }))
  return { rooms, type: { room_type, location } }
}

describe('to a room in which a guest still is nobody is checked in', () => {
  test.each([
    ['who was to leave yesterday', -2, -1],
    ['who is to leave today', -1, 0],
    ['who was here for the day, yesterday', -1, -1],
  ])('%s: the refusal names the room and the night; after the check-out it works', async (_, from, to) => {
    const room = await newRoom()
    const before = await staying(room, from, to)
    const next = await reserve(room, 0, 2)
    await isRefused(checkIn(next.id), room)
    const { guest: next_guest, in_date, out_date } = next
    const replaced = { id: next.id, guest: next_guest, room, in_date, out_date, status: CHECKED_IN }
    await isRefused(suite.reservations.replaceReservation(replaced), room)
    expect(await read(next.id)).toEqual(next)
    await checkOut(before)
    await expect(checkIn(next.id)).resolves.toMatchObject({ status: CHECKED_IN })
  })

  test('over REST the answer says why, and names another room that will do', async () => {
    const { rooms, type } = await roomsOfType(2)
    const [full = '', free = ''] = rooms
    await staying(full, -2, -1)
    const { id } = await reserve(full, 0, 1)
    const { status, json } = await suite.rest('PATCH', `/reservations/${id}`, { body: { status: 'CHECKED_IN' } })
    const [{ reason }, failure, alternatives] = json.details
    expect([status, reason, json.message]).toEqual([
      400,
      'ROOM_NOT_AVAILABLE',
      `room ${full} is held for the nights from ${day()} to ${day(1)} by a guest whose stay ended on ${day(-1)} and who is not checked out`,
    ])
    expect(failure.violations).toMatchObject([{ type: 'RESERVATION', subject: `rooms/${full}` }])
    expect(alternatives.alternatives).toEqual([{ rooms: [free], in_date: day(), out_date: day(1) }])
    await expect(checkIn(id, { room: free })).resolves.toMatchObject({ room: free, location: type.location })
  })

  test('also one who was late, and whose nights are over, while the next is there', async () => {
    const room = await newRoom()
    const late = await reserve(room, -2, 0)
    await staying(room, 0, 3)
    await expect(checkIn(late.id)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', {
      room,
      in_date: day(),
      out_date: day(3),
    })
  })

  test('nor to one of several rooms', async () => {
    const [room, other] = [await newRoom(), await newRoom()]
    await staying(room, -2, -1)
    const two = { guest, rooms: [other, room], in_date: day(), out_date: day(1) }
    const { id } = await suite.reservations.createReservation(two)
    await isRefused(checkIn(id), room)
    await expect(checkIn(id, { rooms: [other] })).resolves.toMatchObject({ rooms: [other] })
  })

  test('it is the room that a guest has moved to which is occupied, and not the one that was left', async () => {
    const [left, room] = [await newRoom(), await newRoom()]
    const mover = await staying(left, -2, 1)
    await move(mover, room)
    await suite.reservations.updateReservation({ id: mover, out_date: day() })
    await staying(left, 0, 1)
    await isRefused(checkIn((await reserve(room, 0, 1)).id), room)
  })

  test('a guest who stays longer has the nights as ever', async () => {
    const room = await newRoom()
    const before = await staying(room, -2, -1)
    await suite.reservations.updateReservation({ id: before, out_date: day(2) })
    await expect(reserve(room, 0, 1)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await expect(reserve(room, 2, 3)).resolves.toMatchObject({ room })
  })
})

describe('nobody moves into it', () => {
  test('a guest who is here, and one who is checked in along with it', async () => {
    const [room, other] = [await newRoom(), await newRoom()]
    await staying(room, -2, -1)
    const here = await staying(other, -1, 2)
    await isRefused(move(here, room), room)
    const expected = await reserve(await newRoom(), 0, 1)
    await isRefused(checkIn(expected.id, { room }), room)
    expect(await read(here)).toMatchObject({ room: other })
  })

  test('by a swap; one who is expected gets it, and waits for the check-out', async () => {
    const [room, other] = [await newRoom(), await newRoom()]
    const before = await staying(room, -2, -1)
    const [expected, here] = [(await reserve(room, 0, 2)).id, await staying(other, -1, 2)]
    const swap = (...reservations: string[]) => suite.reservations.swapRooms({ reservations })
    await isRefused(swap(expected, here), room)
    const alsoExpected = (await reserve(await newRoom(), 0, 1)).id
    await swap(expected, alsoExpected)
    await isRefused(checkIn(alsoExpected), room)
    await checkOut(before)
    await checkIn(alsoExpected)
  })

  test('two who are here swap their rooms as ever', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b] = [await staying(x, -2, 2), await staying(y, -1, 1)]
    await suite.reservations.swapRooms({ reservations: [a, b] })
    expect([(await read(a)).room, (await read(b)).room]).toEqual([y, x])
    await suite.reservations.updateReservation({ id: b, out_date: day() })
    await isRefused(checkIn((await reserve(x, 0, 1)).id), x)
  })

  test('no block begins in it tonight; one from tomorrow on does', async () => {
    const room = await newRoom()
    const before = await staying(room, -2, -1)
    const block = (from: number, to: number) =>
      suite.blocks.createRoomBlock({ room, in_date: day(from), out_date: day(to) })
    await isRefused(block(-1, 2), room)
    await isRefused(block(0, 0), room)
    await block(1, 2)
    await checkOut(before)
    await block(0, 1)
  })
})

describe('the choice of rooms', () => {
  const take = (
    { room_type, location }: { room_type: string; location: string },
    from: number,
    to: number,
    count = 1,
  ) =>
    suite.reservations.createReservation({
      guest,
      room_type,
      location,
      room_count: count,
      in_date: day(from),
      out_date: day(to),
    })

  test('passes over it for tonight, and takes it for later nights', async () => {
    const { rooms, type } = await roomsOfType(2)
    const [full = '', free = ''] = rooms
    await staying(full, -3, -1)
    expect((await take(type, 0, 1)).rooms).toEqual([free])
    await expect(take(type, 0, 1)).rejects.toRefuse(FAILED_PRECONDITION, 'NO_ROOM_OF_TYPE_AVAILABLE', { free: '0' })
    await expect(take(type, -1, 1)).rejects.toRefuse(FAILED_PRECONDITION, 'NO_ROOM_OF_TYPE_AVAILABLE', { free: '0' })
    expect((await take(type, 1, 3, 2)).rooms).toHaveLength(2)
  })

  test('a refusal tells of tonight, and of the nearest dates that will do', async () => {
    const { rooms, type } = await roomsOfType(1)
    const [room = ''] = rooms
    const before = await staying(room, -3, -1)
    const body = { guest, ...type, in_date: day(), out_date: day(2) }
    const { json } = await suite.rest('POST', '/reservations', { body })
    const [{ reason }, failure, { alternatives }] = json.details
    expect(reason).toBe('NO_ROOM_OF_TYPE_AVAILABLE')
    expect(failure.violations).toMatchObject([
      { type: 'RESERVATION', subject: `rooms/${room}`, description: `held for the nights from ${day()} to ${day(1)}` },
    ])
    expect(alternatives).toEqual([{ rooms: [room], room_type: type.room_type, in_date: day(1), out_date: day(3) }])
    await checkOut(before)
    expect((await take(type, 0, 2)).rooms).toEqual([room])
  })

  test('by name it can be reserved for tonight: the guest is to leave', async () => {
    const room = await newRoom()
    await staying(room, -2, -1)
    await expect(reserve(room, 0, 1)).resolves.toMatchObject({ room })
  })
})

describe('availability', () => {
  test('has the room held for tonight, and free from tomorrow on', async () => {
    const { rooms, type } = await roomsOfType(2)
    const [full = '', free = ''] = rooms
    const before = await staying(full, -3, -1)
    const dates = { in_date: day(-1), out_date: day(2), location: type.location }
    const held = async () => {
      const { rooms } = await suite.availability.listRoomAvailability(dates)
      return new Map(rooms.map(({ room, held }) => [room, held.map(({ in_date, out_date }) => [in_date, out_date])]))
    }
    const counts = async () => {
      const { room_types } = await suite.availability.listRoomTypeAvailability(dates)
      return room_types.find(({ room_type }) => room_type === type.room_type)?.nights.map((night) => night.held)
    }
    expect([await held(), await counts()]).toEqual([
      new Map([
        [full, [[day(), day(1)]]],
        [free, []],
      ]),
      [0, 1, 0],
    ])
    // Who has reserved it for tonight holds it, too: a night is held once.
    const next = await reserve(full, 0, 2)
    expect([(await held()).get(full), await counts()]).toEqual([[[day(), day(2)]], [0, 1, 1]])
    await suite.reservations.deleteReservation({ id: next.id })
    await checkOut(before)
    expect([(await held()).get(full), await counts()]).toEqual([[], [0, 0, 0]])
  })

  test('is of the location’s own tonight', async () => {
    const ahead = await suite.locations.createLocation({ name: `L${freshNumber()}`, time_zone: 'Pacific/Kiritimati' })
    const today = Temporal.Now.plainDateISO('Pacific/Kiritimati')
    const date = (offset: number) => today.add({ days: offset }).toString()
    const room = await newRoom({ location: ahead.id })
    const stay = { guest, room, in_date: date(-2), out_date: date(-1) }
    await checkIn((await suite.reservations.createReservation(stay)).id)
    const asked = { in_date: date(-3), out_date: date(3), location: ahead.id }
    const { rooms } = await suite.availability.listRoomAvailability(asked)
    expect(rooms[0]?.held.map(({ in_date, out_date }) => [in_date, out_date])).toEqual([
      [date(-2), date(-1)],
      [date(0), date(1)],
    ])
  })
})

describe('of all who come to one room at once', () => {
  const ROUNDS = 25

  /** Which of some calls of both instances, sent at once, succeed; the others are refused for want of the room. */
  async function winners(
    calls: readonly ((client: Suite['reservations']) => Promise<Reservation>)[],
  ): Promise<string[]> {
    const replicas = replicasOf(suite)
    const results = await Promise.allSettled(
      calls.map((call, n) => call(replicas[n % replicas.length]?.clients.reservations as Suite['reservations'])),
    )
    for (const { close } of replicas) close()
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []))
  }

  const enter = (id: string) => (client: Suite['reservations']) => client.updateReservation({ id, status: CHECKED_IN })

  test(`exactly one is in it: ${ROUNDS} rooms, of each three guests with a stay of their own`, async () => {
    const rounds = await Promise.all(
      Array.from({ length: ROUNDS }, async () => {
        const room = await newRoom()
        const stays = [await reserve(room, -3, -1), await reserve(room, -1, 0), await reserve(room, 0, 1)]
        return stays.map(({ id }) => id)
      }),
    )
    const won = await winners(rounds.flat().map((id) => enter(id)))
    for (const ids of rounds) expect(ids.filter((id) => won.includes(id))).toHaveLength(1)
    await demandViewIsTrue(suite)
  }, 60_000)

  test(`also among those who move, come late, and come back: ${ROUNDS} rooms`, async () => {
    const rounds = await Promise.all(
      Array.from({ length: ROUNDS }, async () => {
        const room = await newRoom()
        const late = await reserve(room, -3, -1)
        const left = await staying(room, -1, 0)
        await checkOut(left)
        const here = await staying(await newRoom(), -1, 2)
        return { room, late: late.id, left, here }
      }),
    )
    const won = await winners(
      rounds.flatMap(({ room, late, left, here }) => [
        enter(late),
        (client) => client.undoCheckOut({ id: left }),
        (client) => client.updateReservation({ id: here, room }),
      ]),
    )
    for (const { room, late, left, here } of rounds) {
      expect([late, left, here].filter((id) => won.includes(id))).toHaveLength(1)
      expect([(await read(late)).status === CHECKED_IN, (await read(left)).status === CHECKED_IN]).toEqual([
        won.includes(late),
        won.includes(left),
      ])
      expect((await read(here)).room === room).toBe(won.includes(here))
    }
  }, 60_000)
})

describe('a stay that is over', () => {
  test.each([
    [-10, -8],
    [-5, -2],
    [-2, -2],
  ])('from today %d to today %d is not begun; with other dates it is', async (from, to) => {
    const { id } = await reserve(await newRoom(), from, to)
    await expect(checkIn(id)).rejects.toRefuse(FAILED_PRECONDITION, 'CHECK_IN_TOO_LATE', {
      out_date: day(to),
      today: day(),
    })
    const { status, json } = await suite.rest('PATCH', `/reservations/${id}`, { body: { status: 'CHECKED_IN' } })
    expect([status, json.message]).toEqual([400, expect.stringContaining('change the dates first')])
    await expect(checkIn(id, { out_date: day(1) })).resolves.toMatchObject({ status: CHECKED_IN, out_date: day(1) })
  })

  test.each([
    [-3, -1],
    [-3, 0],
    [-1, -1],
  ])(
    'only since yesterday, from today %d to today %d, is begun: who came at night is entered now',
    async (from, to) => {
      const { id } = await reserve(await newRoom(), from, to)
      await expect(checkIn(id)).resolves.toMatchObject({ status: CHECKED_IN })
    },
  )
})

describe('an import', () => {
  const row = (room: string, from: number, to: number, status: Reservation_Status = CHECKED_IN) => ({
    reservation: {
      id: randomUUID(),
      guest,
      rooms: [room],
      in_date: day(from),
      out_date: day(to),
      status,
      ...(status === CHECKED_IN && { checkin_datetime: new Date(`${day(from)}T12:00:00Z`) }),
    },
    legs: [],
  })
  const stored = (...reservations: object[]) =>
    importBatch(suite, 'reservations', { reservations } as unknown as Partial<Batch>)

  test('stores one guest for a room, who may be there since long ago', async () => {
    const [room, other] = [await newRoom(), await newRoom()]
    const expected = row(room, 2, 3, Reservation_Status.PENDING)
    expect(await stored(row(room, -9, -7), row(other, -3, -2), expected, row(room, -6, -5))).toEqual([
      'CREATED',
      'CREATED',
      'CREATED',
      'ROOM_NOT_AVAILABLE',
    ])
    expect(await stored(row(room, -3, -2))).toEqual(['ROOM_NOT_AVAILABLE'])
    await isRefused(checkIn((await reserve(room, 0, 1)).id), room)
  })

  test('does not refuse the second for a first who is refused himself', async () => {
    const room = await newRoom()
    await reserve(room, -9, -8)
    expect(await stored(row(room, -9, -7), row(room, -6, -5))).toEqual(['ROOM_NOT_AVAILABLE', 'CREATED'])
  })
})
