import { randomUUID } from 'node:crypto'
import {
  Cancellation_Cause as Cause,
  Reservation_Status as Status_,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { importBatch } from '../transfer/importing.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN } = Status_
const later = { in_date: day(5), out_date: day(7) }

const book = (guest: string, room: string, from: number, to: number) =>
  suite.gateway.reservations.createReservation({ guest, room, in_date: day(from), out_date: day(to) })
const change = (id: string, wanted: object) => suite.gateway.reservations.updateReservation({ id, ...wanted })
const restore = (id: string) => suite.gateway.reservations.undeleteReservation({ id })
const swap = (...ids: string[]) => suite.gateway.reservations.swapRooms({ reservations: ids })
const block = (room: string, from: number) =>
  suite.gateway.blocks.createRoomBlock({ room, in_date: day(from), out_date: day(from + 1) })
const deleteRoom = (id: string) => suite.gateway.rooms.deleteRoom({ id })
const deleteGuest = (id: string) => suite.gateway.guests.deleteGuest({ id })
const restoreRoom = (id: string) => suite.gateway.rooms.undeleteRoom({ id })
const restoreGuest = (id: string) => suite.gateway.guests.undeleteGuest({ id })

type Case = { guest: string; room: string; id: string; type?: string }

async function stayUntil(last: number): Promise<Case> {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await book(guest, room, -5, last)
  return { guest, room, id }
}

/** A stay that is over, so that its guest and room can go. */
const pastStay = () => stayUntil(-3)
/** Such a one to which a guest can still be checked in. */
const lateStay = () => stayUntil(-1)

/** A stay to come that was cancelled. */
async function cancelled(): Promise<Case> {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await book(guest, room, 5, 7)
  await suite.gateway.reservations.deleteReservation({ id })
  return { guest, room, id }
}

/** A guest, and the one room of a type. */
async function typed(): Promise<Case> {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const { id: type } = await suite.roomTypes.createRoomType({ name: `Type ${freshNumber()}` })
  const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), room_type: type })
  return { guest, room, id: '', type }
}

/** Imports a stay to come; throws when it is refused. */
async function imports({ guest, room }: Case): Promise<void> {
  const reservation = { id: randomUUID(), guest, rooms: [room], ...later, status: Status_.PENDING }
  const batch = { reservations: [{ reservation, legs: [] }] } as unknown as Partial<Batch>
  const [outcome] = await importBatch(suite, 'reservations', batch)
  if (outcome !== 'CREATED') throw new Error(outcome)
}

/** A few at a time: each deletion asks another service, which has its time to answer. */
async function inWaves<From, To>(all: readonly From[], work: (one: From) => Promise<To>): Promise<To[]> {
  const done: To[] = []
  for (let wave = 0; wave < all.length; wave += 6)
    done.push(...(await Promise.all(all.slice(wave, wave + 6).map(work))))
  return done
}

describe('what was restored and acknowledged a moment ago is there', () => {
  const both = ({ guest, room }: Case) => Promise.all([deleteRoom(room), deleteGuest(guest)])
  const bothBack = ({ guest, room }: Case) => Promise.all([restoreRoom(room), restoreGuest(guest)])
  const room = (one: Case) => deleteRoom(one.room)
  const roomBack = (one: Case) => restoreRoom(one.room)
  const guest = (one: Case) => deleteGuest(one.guest)
  const guestBack = (one: Case) => restoreGuest(one.guest)
  type Step = (one: Case) => Promise<unknown>
  const cases: [name: string, rounds: number, made: () => Promise<Case>, gone: Step, back: Step, write: Step][] = [
    ['undelete, the room restored', 60, cancelled, room, roomBack, ({ id }) => restore(id)],
    ['undelete, the guest restored', 60, cancelled, guest, guestBack, ({ id }) => restore(id)],
    ['PATCH of dates, the room restored', 60, pastStay, room, roomBack, ({ id }) => change(id, later)],
    ['PATCH of dates, the guest restored', 20, pastStay, guest, guestBack, ({ id }) => change(id, later)],
    ['late check-in, both restored', 20, lateStay, both, bothBack, ({ id }) => change(id, { status: CHECKED_IN })],
    ['create, both restored', 20, pastStay, both, bothBack, (one) => book(one.guest, one.room, 5, 7)],
    ['import, both restored', 20, pastStay, both, bothBack, imports],
    ['block, the room restored', 20, pastStay, room, roomBack, (one) => block(one.room, 8)],
    [
      'PUT, both restored',
      20,
      pastStay,
      both,
      bothBack,
      (one) => suite.gateway.reservations.replaceReservation({ ...one, ...later }),
    ],
    [
      'swap, a room restored',
      20,
      async () => {
        const [past, other] = [await pastStay(), await guestAndRoom(suite)]
        return { ...past, type: (await book(other.guest, other.room, 5, 7)).id }
      },
      room,
      roomBack,
      ({ id, type: other = '' }) => swap(id, other),
    ],
    [
      'create by type, the room restored',
      20,
      typed,
      room,
      roomBack,
      (one) =>
        suite.gateway.reservations.createReservation({
          guest: one.guest,
          room_type: one.type ?? '',
          location: DEFAULT_LOCATION,
          ...later,
        }),
    ],
  ]
  test.each(cases)(
    '%s: in %i rounds at once',
    async (_name, rounds, made, gone, back, write) => {
      const all = await inWaves(Array(rounds).fill(made), async (make: typeof made) => {
        const one = await make()
        await gone(one)
        return one
      })
      const results = await Promise.allSettled(all.map((one) => back(one).then(() => write(one))))
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
    },
    120_000,
  )
})

test('a location that has moved to another time zone: its guests check in by its new calendar, 12 at once', async () => {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const today = Temporal.Now.plainDateISO('Pacific/Kiritimati')
  const dates = { in_date: today.toString(), out_date: today.add({ days: 1 }).toString() }
  const stays = await inWaves(Array.from({ length: 12 }, freshNumber), async (number) => {
    const location = await suite.locations.createLocation({ name: number, time_zone: 'Etc/GMT+12' })
    const { id: room } = await suite.rooms.createRoom({ number, location: location.id })
    const { id } = await suite.gateway.reservations.createReservation({ guest, room, ...dates })
    await expect(change(id, { status: CHECKED_IN })).rejects.toRefuse(Status.FAILED_PRECONDITION, 'CHECK_IN_TOO_EARLY')
    return { location: location.id, id }
  })
  await Promise.all(
    stays.map(async ({ location, id }) => {
      await suite.gateway.locations.updateLocation({ id: location, time_zone: 'Pacific/Kiritimati' })
      await change(id, { status: CHECKED_IN })
    }),
  )
}, 60_000)

test('no-shows are told by the calendar that a location has moved to a moment ago, 12 at once', async () => {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const booked = async (time_zone: string, in_date: string) => {
    const { id: location } = await suite.locations.createLocation({ name: freshNumber(), time_zone })
    const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location })
    const { id } = await suite.gateway.reservations.createReservation({ guest, room, in_date, out_date: in_date })
    return { location, id }
  }
  const move = (id: string, time_zone: string) => suite.gateway.locations.updateLocation({ id, time_zone })
  const [west, east] = ['Etc/GMT+12', 'Pacific/Kiritimati'] as const
  // In the east it is a day later than in the west, or two.
  const today = Temporal.Now.plainDateISO(east)
  const yesterday = today.subtract({ days: 1 }).toString()
  const { reservations } = suite.gateway
  const waves = await inWaves(Array.from({ length: 12 }), async () => {
    const comes = await booked(west, today.toString())
    const cancel = () => reservations.cancelReservation({ id: comes.id, cause: Cause.NO_SHOW })
    await expect(cancel()).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'cause' })
    return { comes, cancel, away: await booked(east, yesterday), over: await booked(west, yesterday) }
  })
  await Promise.all(
    waves.map(async ({ comes, cancel, away, over }) => {
      await move(comes.location, east)
      await cancel()
      await move(over.location, east)
      const { reservations: marked } = await reservations.markNoShows({ location: over.location })
      expect(marked.map(({ id }) => id)).toEqual([over.id])
      await move(away.location, west)
      const early = reservations.markNoShows({ location: away.location, date: yesterday })
      await expect(early).rejects.toRefuse(Status.FAILED_PRECONDITION, 'DATE_NOT_OVER')
    }),
  )
}, 60_000)

describe('what was deleted and acknowledged a moment ago is gone', () => {
  type Step = (one: Case) => Promise<unknown>
  const room = (one: Case) => deleteRoom(one.room)
  const guest = (one: Case) => deleteGuest(one.guest)
  const past = { in_date: day(-9), out_date: day(-7) }
  const { INVALID_ARGUMENT, FAILED_PRECONDITION } = Status
  const cases: [name: string, made: () => Promise<Case>, gone: Step, write: Step, code: Status, reason: string][] = [
    [
      'create in the past, the room',
      pastStay,
      room,
      (one) => book(one.guest, one.room, -9, -7),
      INVALID_ARGUMENT,
      'INVALID_FIELD',
    ],
    [
      'create by type in the past, the room',
      typed,
      room,
      (one) =>
        suite.gateway.reservations.createReservation({
          guest: one.guest,
          room_type: one.type ?? '',
          location: DEFAULT_LOCATION,
          ...past,
        }),
      FAILED_PRECONDITION,
      'NO_ROOM_OF_TYPE_AVAILABLE',
    ],
    ['create, the guest', pastStay, guest, (one) => book(one.guest, one.room, 5, 7), INVALID_ARGUMENT, 'INVALID_FIELD'],
    ['block in the past, the room', pastStay, room, (one) => block(one.room, -9), INVALID_ARGUMENT, 'INVALID_FIELD'],
    [
      'PATCH to the room, in the past',
      async () => ({ ...(await pastStay()), id: (await pastStay()).id }),
      room,
      (one) => change(one.id, { room: one.room, ...past }),
      INVALID_ARGUMENT,
      'INVALID_FIELD',
    ],
    [
      'PATCH of dates into the future, the guest',
      pastStay,
      guest,
      ({ id }) => change(id, later),
      FAILED_PRECONDITION,
      'GUEST_DELETED',
    ],
    [
      'PATCH of dates up to today, the room',
      pastStay,
      room,
      ({ id }) => change(id, { out_date: day() }),
      FAILED_PRECONDITION,
      'ROOM_NOT_AVAILABLE',
    ],
    [
      'late check-in, the guest',
      lateStay,
      guest,
      ({ id }) => change(id, { status: CHECKED_IN }),
      FAILED_PRECONDITION,
      'GUEST_DELETED',
    ],
    [
      'late check-in, the room',
      lateStay,
      room,
      ({ id }) => change(id, { status: CHECKED_IN }),
      FAILED_PRECONDITION,
      'ROOM_NOT_AVAILABLE',
    ],
    ['undelete, the guest', cancelled, guest, ({ id }) => restore(id), FAILED_PRECONDITION, 'GUEST_DELETED'],
    [
      'swap in the past, a room',
      async () => ({ ...(await pastStay()), type: (await pastStay()).id }),
      room,
      ({ id, type: other = '' }) => swap(id, other),
      FAILED_PRECONDITION,
      'ROOM_NOT_AVAILABLE',
    ],
  ]
  test.each(cases)(
    '%s',
    async (_name, made, gone, write, code, reason) => {
      const refusals = await inWaves(Array(6).fill(made), async (make: typeof made) => {
        const one = await make()
        await gone(one)
        return write(one).catch((error: unknown) => error)
      })
      for (const refusal of refusals) expect(refusal).toRefuse(code, reason)
    },
    60_000,
  )
})

describe('while the guests and rooms services are away', () => {
  const services = () => [suite.stack.services.guests, suite.stack.services.rooms]
  test('what is live here is restored and moved; what may be live by now is PEER_UNAVAILABLE; all else is refused as ever', async () => {
    const [live, past, gone, held] = [await cancelled(), await pastStay(), await cancelled(), await cancelled()]
    const { id: holder } = await book(live.guest, held.room, 5, 7)
    await suite.gateway.guests.deleteGuest({ id: gone.guest })
    await Promise.all(services().map((service) => service.kill()))
    const { undeleteReservation, updateReservation } = suite.reservations
    await undeleteReservation({ id: live.id })
    await updateReservation({ id: past.id, ...later })
    await expect(undeleteReservation({ id: gone.id })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', {
      peer: 'guests',
    })
    await expect(undeleteReservation({ id: held.id })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'ROOM_NOT_AVAILABLE',
    )
    await expect(undeleteReservation({ id: holder })).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ALREADY_LIVE')
    await Promise.all(services().map((service) => service.start()))
    await eventually(() => suite.guests.undeleteGuest({ id: gone.guest }))
    await eventually(() => suite.gateway.reservations.undeleteReservation({ id: gone.id }))
  }, 60_000)
})
