import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { type Suite, sharedSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { day, freshNumber } from './hotel.ts'
import { noneWaiting, waiting, whileLocked } from './locks.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Longer than a short text, with letters of several bytes and what an array of texts has to quote. */
const WORDS = `Zoë "von" O'Brien, {東京} \\ 🏨 ${'and so on '.repeat(14)}`.trim()

describe('a read says what the write said', () => {
  const hotel = async () => (await suite.hotels.createHotel({ name: WORDS })).id
  const place = async () => {
    const location = await suite.locations.createLocation({ hotel: await hotel(), name: 'L', time_zone: 'UTC' })
    return { hotel: location.hotel, location: location.id }
  }
  const stay = async (count: number) => {
    const { hotel, location } = await place()
    const guest = (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id
    const make = async () => (await suite.rooms.createRoom({ location, number: freshNumber() })).id
    return { guest, rooms: await Promise.all(Array.from({ length: count }, make)), in_date: day(), out_date: day(1) }
  }

  test('of a hotel', async () => {
    const id = await hotel()
    const made = await suite.hotels.updateHotel({ id, name: `${WORDS}!` })
    expect(await suite.hotels.getHotel({ id })).toEqual(made)
    const deleted = await suite.hotels.deleteHotel({ id })
    expect(await suite.hotels.getHotel({ id })).toEqual(deleted)
  })

  test('of a location', async () => {
    const bare = await suite.locations.createLocation({ name: WORDS, time_zone: 'Europe/Zurich' })
    expect(await suite.locations.getLocation({ id: bare.id })).toEqual(bare)
    const more = { address: WORDS, city: WORDS, country_code: 'CH' }
    const made = await suite.locations.createLocation({ name: WORDS, time_zone: 'UTC', ...more })
    expect(await suite.locations.getLocation({ id: made.id })).toEqual(made)
    const deleted = await suite.locations.deleteLocation({ id: made.id })
    expect(await suite.locations.getLocation({ id: made.id })).toEqual(deleted)
  })

  test('of a room type and a room', async () => {
    const bare = await suite.roomTypes.createRoomType({ name: 'Bare' })
    expect(await suite.roomTypes.getRoomType({ id: bare.id })).toEqual(bare)
    const type = await suite.roomTypes.createRoomType({ name: WORDS, description: WORDS, max_guests: 3 })
    expect(await suite.roomTypes.getRoomType({ id: type.id })).toEqual(type)
    const plain = await suite.rooms.createRoom({ number: freshNumber() })
    expect(await suite.rooms.getRoom({ id: plain.id })).toEqual(plain)
    const room = await suite.rooms.createRoom({ number: WORDS, room_type: type.id })
    expect(await suite.rooms.getRoom({ id: room.id })).toEqual(room)
    const deleted = await suite.rooms.deleteRoom({ id: room.id })
    expect(await suite.rooms.getRoom({ id: room.id })).toEqual(deleted)
  })

  test('of an employee', async () => {
    const employee = { first_name: WORDS, email: 'a@example.org', role: Role.HOUSEKEEPING }
    const bare = await suite.employees.createEmployee(employee)
    expect(await suite.employees.getEmployee({ id: bare.id })).toEqual(bare)
    const made = await suite.employees.updateEmployee({ id: bare.id, last_name: WORDS, role: Role.MANAGER })
    expect(await suite.employees.getEmployee({ id: bare.id })).toEqual(made)
  })

  test('of a guest', async () => {
    const bare = await suite.guests.createGuest({ first_name: WORDS })
    expect(await suite.guests.getGuest({ id: bare.id })).toEqual(bare)
    const more = { last_name: WORDS, email: 'guest@example.org', phone: '+442079460958' }
    const made = await suite.guests.updateGuest({ id: bare.id, ...more })
    expect(await suite.guests.getGuest({ id: bare.id })).toEqual(made)
    const deleted = await suite.guests.deleteGuest({ id: bare.id })
    expect(await suite.guests.getGuest({ id: bare.id })).toEqual(deleted)
    const erased = await suite.guests.eraseGuest({ id: bare.id })
    expect(await suite.guests.getGuest({ id: bare.id })).toEqual(erased)
  })

  test('of a reservation, a hold, and one that is cancelled', async () => {
    const made = await suite.reservations.createReservation({ ...(await stay(3)), note: WORDS })
    const { id } = made
    expect(made.rooms).toHaveLength(3)
    expect(await suite.reservations.getReservation({ id })).toEqual(made)
    const cancelled = await suite.reservations.deleteReservation({ id, reason: WORDS })
    expect(await suite.reservations.getReservation({ id })).toEqual(cancelled)
    const hold_until = new Date(Date.now() + 3_600_000)
    const held = await suite.reservations.createReservation({ ...(await stay(1)), hold_until })
    expect(await suite.reservations.getReservation({ id: held.id })).toEqual(held)
    const confirmed = await suite.reservations.confirmReservation({ id: held.id })
    expect(await suite.reservations.getReservation({ id: held.id })).toEqual(confirmed)
  })

  test('of a block', async () => {
    const { rooms, in_date, out_date } = await stay(1)
    const made = await suite.blocks.createRoomBlock({ room: rooms[0] ?? '', in_date, out_date, reason: WORDS })
    expect(await suite.blocks.getRoomBlock({ id: made.id })).toEqual(made)
    const deleted = await suite.blocks.deleteRoomBlock({ id: made.id })
    expect(await suite.blocks.getRoomBlock({ id: made.id })).toEqual(deleted)
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
