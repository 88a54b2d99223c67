import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber } from '../support/hotel.ts'
import { noneWaiting, waiting, whileLocked } from '../support/locks.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Longer than a short text, with letters of several bytes and what an array of texts has to quote. */
const WORDS = `Zoë "von" O'Brien, {東京} \\ 🏨 ${'and so on '.repeat(14)}`.trim()

/** Throws unless a resource is as it was answered, by its id and in lists by each of these filters. */
async function demandRead<Message extends { id: string }>(
  made: Message,
  get: (request: { id: string }) => Promise<Message>,
  list: (request: object) => Promise<readonly Message[]>,
  filters: readonly object[] = [],
): Promise<void> {
  expect(await get({ id: made.id })).toEqual(made)
  // What is asked for most has statements of its own.
  const isLive = (made as { delete_time?: Date }).delete_time === undefined
  for (const filter of [...(isLive ? [{}] : []), { show_deleted: true }, ...filters])
    expect((await list(filter)).filter(({ id }) => id === made.id)).toEqual([made])
}

/** All that a list has: others have made some of the kind, too. */
function everyPage<Answer extends { next_page_token: string }, Row>(
  list: (request: { page_size: number; page_token: string }) => Promise<Answer>,
  rowsOf: (answer: Answer) => readonly Row[],
) {
  return async (filter: object): Promise<readonly Row[]> => {
    const rows: Row[] = []
    let page_token = ''
    do {
      const answer = await list({ ...filter, page_size: 500, page_token })
      rows.push(...rowsOf(answer))
      page_token = answer.next_page_token
    } while (page_token !== '')
    return rows
  }
}

describe('a read says what the write said', () => {
  const place = async () => {
    const hotel = (await suite.hotels.createHotel({ name: WORDS })).id
    const location = (await suite.locations.createLocation({ hotel, name: 'L', time_zone: 'UTC' })).id
    return { hotel, location }
  }
  const stay = async (count: number) => {
    const { hotel, location } = await place()
    const guest = (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id
    const make = async () => (await suite.rooms.createRoom({ location, number: freshNumber() })).id
    const rooms = await Promise.all(Array.from({ length: count }, make))
    return { hotel, location, request: { guest, rooms, in_date: day(), out_date: day(1) } }
  }

  test('of a hotel', async () => {
    const { updateHotel, deleteHotel, getHotel, listHotels } = suite.hotels
    const list = everyPage(listHotels, ({ hotels }) => hotels)
    const { id } = await suite.hotels.createHotel({ name: 'H' })
    await demandRead(await updateHotel({ id, name: `${WORDS}!` }), getHotel, list)
    await demandRead(await deleteHotel({ id }), getHotel, list)
  })

  test('of a location', async () => {
    const { createLocation, deleteLocation, getLocation, listLocations } = suite.locations
    const list = everyPage(listLocations, ({ locations }) => locations)
    const bare = await createLocation({ name: WORDS, time_zone: 'Europe/Zurich' })
    await demandRead(bare, getLocation, list, [{ hotel: bare.hotel }])
    const more = { address: WORDS, city: WORDS, country_code: 'CH' }
    const made = await createLocation({ name: WORDS, time_zone: 'UTC', ...more })
    await demandRead(made, getLocation, list)
    await demandRead(await deleteLocation({ id: made.id }), getLocation, list)
  })

  test('of a room type and a room', async () => {
    const { createRoomType, getRoomType, listRoomTypes } = suite.roomTypes
    const types = everyPage(listRoomTypes, ({ room_types }) => room_types)
    await demandRead(await createRoomType({ name: 'Bare' }), getRoomType, types)
    const type = await createRoomType({ name: WORDS, description: WORDS, max_guests: 3 })
    const { createRoom, deleteRoom, getRoom, listRooms } = suite.rooms
    const rooms = everyPage(listRooms, ({ rooms }) => rooms)
    const bare = await createRoom({ number: freshNumber() })
    await demandRead(bare, getRoom, rooms, [{ hotel: bare.hotel }, { location: bare.location }])
    const room = await createRoom({ number: WORDS, room_type: type.id })
    await demandRead(room, getRoom, rooms, [{ room_type: type.id }])
    await demandRead(type, getRoomType, types, [{ location: room.location }])
    await demandRead(await deleteRoom({ id: room.id }), getRoom, rooms)
  })

  test('of an employee', async () => {
    const { createEmployee, updateEmployee, getEmployee, listEmployees } = suite.employees
    const list = everyPage(listEmployees, ({ employees }) => employees)
    const bare = await createEmployee({ first_name: WORDS, email: 'a@example.org', role: Role.HOUSEKEEPING })
    await demandRead(bare, getEmployee, list)
    const made = await updateEmployee({ id: bare.id, last_name: WORDS, role: Role.MANAGER })
    await demandRead(made, getEmployee, list, [{ location: made.location, role: Role.MANAGER }])
  })

  test('of a guest', async () => {
    const { createGuest, updateGuest, deleteGuest, eraseGuest, getGuest, listGuests } = suite.guests
    const list = everyPage(listGuests, ({ guests }) => guests)
    const bare = await createGuest({ first_name: WORDS })
    const { id, hotel } = bare
    await demandRead(bare, getGuest, list, [{ hotel }])
    const more = { last_name: WORDS, email: 'guest@example.org', phone: '+442079460958' }
    await demandRead(await updateGuest({ id, ...more }), getGuest, list, [{ hotel }, { query: 'zoë' }])
    await demandRead(await deleteGuest({ id }), getGuest, list, [{ hotel, show_deleted: true }])
    await demandRead(await eraseGuest({ id }), getGuest, list)
  })

  test('of a reservation, a hold, and one that is cancelled', async () => {
    const { createReservation, deleteReservation, confirmReservation } = suite.reservations
    const { getReservation, listReservations } = suite.reservations
    const list = everyPage(listReservations, ({ reservations }) => reservations)
    const { hotel, location, request } = await stay(3)
    const { guest } = request
    const made = await createReservation({ ...request, note: WORDS })
    expect(made.rooms).toHaveLength(3)
    const filters = [{ hotel }, { hotel, location, guest }, { room: made.room, from: day(), to: day(1), status: 1 }]
    await demandRead(made, getReservation, list, filters)
    const cancelled = await deleteReservation({ id: made.id, reason: WORDS })
    await demandRead(cancelled, getReservation, list, [{ hotel, show_deleted: true, deleted_from: day(-1) }])
    const hold_until = new Date(Date.now() + 3_600_000)
    const held = await createReservation({ ...(await stay(1)).request, hold_until })
    await demandRead(held, getReservation, list)
    await demandRead(await confirmReservation({ id: held.id }), getReservation, list)
  })

  test('of a block', async () => {
    const { createRoomBlock, deleteRoomBlock, getRoomBlock, listRoomBlocks } = suite.blocks
    const list = everyPage(listRoomBlocks, ({ room_blocks }) => room_blocks)
    const { hotel, location, request } = await stay(1)
    const { rooms, in_date, out_date } = request
    const [room = ''] = rooms
    const made = await createRoomBlock({ room, in_date, out_date, reason: WORDS })
    await demandRead(made, getRoomBlock, list, [
      { hotel, location },
      { room, from: day(), to: day(1) },
    ])
    await demandRead(await deleteRoomBlock({ id: made.id }), getRoomBlock, list)
  })
})

describe('a read that is cancelled, or out of time', () => {
  const LOCK = 'lock table guest in access exclusive mode'
  /** More than there are connections: the last wait for one. */
  const MANY = 30
  const reads = (id: string, signal: AbortSignal) =>
    Promise.allSettled(Array.from({ length: MANY }, () => suite.guests.getGuest({ id }, { signal })))

  test('ends its statement in the database, and its connection is used again', async () => {
    const { id } = await suite.guests.createGuest({ first_name: 'Ada' })
    for (let round = 0; round < 2; round++) {
      await whileLocked(
        suite,
        'guests',
        async () => {
          const stopping = new AbortController()
          const ended = reads(id, stopping.signal)
          await waiting(suite, 'guests', 'Lock')
          stopping.abort()
          for (const end of await ended)
            expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
          await noneWaiting(suite, 'guests')
        },
        LOCK,
      )
      const all = await reads(id, new AbortController().signal)
      expect(all.filter(({ status }) => status === 'rejected')).toEqual([])
    }
  })

  test('is refused at its deadline, while the database does not answer', async () => {
    const { id } = await suite.guests.createGuest({ first_name: 'Ada' })
    await whileLocked(
      suite,
      'guests',
      async () => {
        await expect(suite.guests.getGuest({ id }, { deadline: 300 })).rejects.toMatchObject({
          code: Status.DEADLINE_EXCEEDED,
        })
        await noneWaiting(suite, 'guests')
      },
      LOCK,
    )
    expect(await suite.guests.getGuest({ id })).toMatchObject({ id })
  })
})
