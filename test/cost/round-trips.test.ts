import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { Employee_Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { perService, perServiceAsync, type ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata } from 'nice-grpc'
import { countingProxy } from '../cache/counting-proxy.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, freshNumber } from '../support/hotel.ts'

/** What a service asks besides is counted in one of these or two, and not in all. */
const TIMES = 4
const { CHECKED_IN, CHECKED_OUT } = Reservation_Status

let suite: Suite
/** A room type that every room may have. */
let type: string
let proxies: Record<ServiceName, Awaited<ReturnType<typeof countingProxy>>>
const closing = new AsyncDisposableStack()
beforeAll(async () => {
  proxies = await perServiceAsync(async () => closing.use(await countingProxy()))
  suite = await startSuite({
    gateway: false,
    env: perService((name) => (_: number, env: { readonly [name: string]: string }) => ({
      DATABASE_URL: proxies[name].through(env.DATABASE_URL ?? ''),
    })),
  })
  type = await newType()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  await closing.disposeAsync()
})

let keys = 0
const keyed = (): CallOptions => ({ metadata: Metadata({ 'idempotency-key': `key ${keys++}`.replace(' ', '-') }) })

/** The fewest round trips of a write among several, each of something of its own. */
async function trips<Subject>(
  service: ServiceName,
  prepare: () => Promise<Subject>,
  write: (subject: Subject, options: CallOptions) => Promise<unknown>,
): Promise<number> {
  const counted: number[] = []
  for (let time = 0; time < TIMES; time++) {
    const subject = await prepare()
    const before = proxies[service].trips()
    await write(subject, keyed())
    counted.push(proxies[service].trips() - before)
  }
  return Math.min(...counted)
}

const newGuest = async () => (await suite.guests.createGuest({ first_name: 'Ada' })).id
const newRoom = async () => (await suite.rooms.createRoom({ number: freshNumber() })).id
const newStay = async (from = 1, more: { hold_until?: Date } = {}) => {
  const dates = { in_date: day(from), out_date: day(from + 2) }
  return suite.reservations.createReservation({ guest: await newGuest(), room: await newRoom(), ...dates, ...more })
}
const deleted = async () => (await suite.guests.deleteGuest({ id: await newGuest() })).id
const newType = async () => (await suite.roomTypes.createRoomType({ name: freshNumber() })).id
const newLocation = async () => (await suite.locations.createLocation({ name: 'Annex', time_zone: 'UTC' })).id
const newHotel = async () => (await suite.hotels.createHotel({ name: 'Annex' })).id
const newHold = () => newStay(1, { hold_until: new Date(Date.now() + 600_000) })
const checkedIn = async () => {
  const { id } = await newStay(0)
  return suite.reservations.updateReservation({ id, status: CHECKED_IN })
}
const checkedOut = async () => {
  const { id } = await checkedIn()
  return suite.reservations.updateReservation({ id, status: CHECKED_OUT, out_date: day() })
}
const cancelled = async () => suite.reservations.deleteReservation({ id: (await newStay()).id })
const block = async () =>
  suite.blocks.createRoomBlock({ room: (await newStay(9)).room, in_date: day(1), out_date: day(2) })

/** A write: what it is about, and the call. */
type Case<Subject> = readonly [
  string,
  () => Promise<Subject>,
  (subject: Subject, options: CallOptions) => Promise<unknown>,
]

describe('a write needs at most three round trips to its database, with its key', () => {
  test.each<Case<{ id: string }>>([
    ['a note', newStay, ({ id }, o) => suite.reservations.updateReservation({ id, note: 'late' }, o)],
    ['dates', newStay, ({ id }, o) => suite.reservations.updateReservation({ id, out_date: day(5) }, o)],
    [
      'a check-in',
      () => newStay(0),
      ({ id }, o) => suite.reservations.updateReservation({ id, status: CHECKED_IN }, o),
    ],
    [
      'an early check-out',
      checkedIn,
      ({ id }, o) => suite.reservations.updateReservation({ id, status: CHECKED_OUT, out_date: day() }, o),
    ],
    ['a deletion', newStay, ({ id }, o) => suite.reservations.deleteReservation({ id }, o)],
    ['a restoration', cancelled, ({ id }, o) => suite.reservations.undeleteReservation({ id }, o)],
    ['a confirmation', newHold, ({ id }, o) => suite.reservations.confirmReservation({ id }, o)],
    ['a check-in taken back', checkedIn, ({ id }, o) => suite.reservations.undoCheckIn({ id }, o)],
    ['a check-out taken back', checkedOut, ({ id }, o) => suite.reservations.undoCheckOut({ id }, o)],
    ['the end of a block', block, ({ id }, o) => suite.blocks.deleteRoomBlock({ id }, o)],
  ])('reservations: %s', async (_, prepare, write) => {
    expect(await trips('reservations', prepare, write)).toBeLessThanOrEqual(3)
  })

  test('reservations: another room, another guest, a swap, a block', async () => {
    const { reservations, blocks } = suite
    const moved = await trips(
      'reservations',
      async () => ({ id: (await newStay()).id, room: (await newStay(9)).room, guest: (await newStay(9)).guest }),
      (wanted, options) => reservations.updateReservation(wanted, options),
    )
    const swapped = await trips(
      'reservations',
      async () => [(await newStay()).id, (await newStay()).id],
      (pair, options) => reservations.swapRooms({ reservations: pair }, options),
    )
    const blocked = await trips(
      'reservations',
      async () => (await newStay(9)).room,
      (room, options) => blocks.createRoomBlock({ room, in_date: day(1), out_date: day(2) }, options),
    )
    expect(Math.max(moved, swapped, blocked)).toBeLessThanOrEqual(3)
  })

  test.each<Case<string>>([
    ['a creation', async () => '', (_, o) => suite.guests.createGuest({ first_name: 'Ada' }, o)],
    ['a change', newGuest, (id, o) => suite.guests.updateGuest({ id, last_name: 'Lovelace' }, o)],
    ['a replacement', newGuest, (id, o) => suite.guests.replaceGuest({ id, first_name: 'Augusta' }, o)],
    ['a restoration', deleted, (id, o) => suite.guests.undeleteGuest({ id }, o)],
  ])('guests: %s', async (_, prepare, write) => {
    expect(await trips('guests', prepare, write)).toBeLessThanOrEqual(3)
  })

  test.each<Case<string>>([
    ['a room', async () => freshNumber(), (number, o) => suite.rooms.createRoom({ number }, o)],
    ['its number', newRoom, (id, o) => suite.rooms.updateRoom({ id, number: freshNumber() }, o)],
    ['its type', newRoom, async (id, o) => suite.rooms.replaceRoom({ id, number: freshNumber(), room_type: type }, o)],
    ['a type', async () => freshNumber(), (name, o) => suite.roomTypes.createRoomType({ name }, o)],
    ['its name', newType, (id, o) => suite.roomTypes.updateRoomType({ id, name: freshNumber() }, o)],
    ['its deletion', newType, (id, o) => suite.roomTypes.deleteRoomType({ id }, o)],
    ['a location', async () => 'Main', (name, o) => suite.locations.createLocation({ name, time_zone: 'UTC' }, o)],
    ['its deletion', newLocation, (id, o) => suite.locations.deleteLocation({ id }, o)],
    [
      'an employee',
      async () => `${freshNumber()}@example.org`,
      (email, o) => suite.employees.createEmployee({ first_name: 'Ada', email, role: Employee_Role.MANAGER }, o),
    ],
    ['a hotel', async () => 'Hotel', (name, o) => suite.hotels.createHotel({ name }, o)],
    ['its deletion', newHotel, (id, o) => suite.hotels.deleteHotel({ id }, o)],
  ])('rooms: %s', async (_, prepare, write) => {
    expect(await trips('rooms', prepare, write)).toBeLessThanOrEqual(3)
  })
})

test('a deletion that another service agrees to has two transactions, each of three at most', async () => {
  const remove = (id: string) => suite.guests.deleteGuest({ id })
  expect(await trips('guests', newGuest, remove)).toBeLessThanOrEqual(6)
})

test('many writes of a hotel that wait need fewer round trips than there are writes', async () => {
  const stays = await Promise.all(Array.from({ length: 32 }, () => newStay()))
  const all = () =>
    Promise.all(stays.map(({ id }, n) => suite.reservations.updateReservation({ id, note: `note ${n} ${keys++}` })))
  await all()
  const before = proxies.reservations.trips()
  await all()
  expect(proxies.reservations.trips() - before).toBeLessThan(stays.length)
})
