import { type Reservation, Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { demandViewIsTrue, eventually, freshNumber, nightsHeld } from '../support/hotel.ts'
import { clockOf, type MovableClock } from './clock.ts'

let suite: Suite
let clock: MovableClock
let guest: string
/** The hotel's first, in UTC. */
let location: string
/** In UTC, where it is nine in the morning; each test has a week of its own. */
let today = Temporal.PlainDate.from('2031-03-03')
beforeAll(async () => {
  suite = await sharedSuite({ clock: true })
  clock = clockOf(suite)
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
  location = (await suite.locations.listLocations({})).locations[0]?.id ?? ''
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  today = today.add({ days: 7 })
  await clock.set(new Date(`${today}T09:00:00Z`))
})

const { PENDING, CHECKED_IN, CHECKED_OUT } = Reservation_Status
const { FAILED_PRECONDITION } = Status
const date = (offset = 0) => today.add({ days: offset }).toString()
const newRoom = async (more: object = {}) =>
  (await suite.rooms.createRoom({ number: freshNumber(), location, ...more })).id
const read = (id: string) => suite.reservations.getReservation({ id })
const change = (id: string, wanted: object) => suite.reservations.updateReservation({ id, ...wanted })
const undoCheckIn = (id: string) => suite.reservations.undoCheckIn({ id })
const undoCheckOut = (id: string) => suite.reservations.undoCheckOut({ id })

async function reserve(from: number, to: number, ...statuses: Reservation_Status[]): Promise<Reservation> {
  return reserveIn(await newRoom(), from, to, ...statuses)
}

async function reserveIn(room: string, from: number, to: number, ...statuses: Reservation_Status[]) {
  let made = await suite.reservations.createReservation({ guest, room, in_date: date(from), out_date: date(to) })
  for (const status of statuses) made = await change(made.id, { status })
  return made
}

const legs = (id: string) => nightsHeld(suite, { id })

const setClock = (instant: string) => clock.set(new Date(instant))

describe('a check-in that was a mistake', () => {
  test('is taken back: PENDING as before, its history tells, and it can be cancelled or checked in again', async () => {
    const made = await reserve(-1, 2)
    const { checkin_datetime } = await change(made.id, { status: CHECKED_IN })
    const undone = await undoCheckIn(made.id)
    expect(undone).toEqual({ ...made, etag: undone.etag, update_time: undone.update_time })
    expect(await read(made.id)).toEqual(undone)
    expect(await legs(made.id)).toEqual([[made.room, date(-1), date(2)]])
    const { entries } = await suite.reservations.listReservationHistory({ id: made.id })
    expect(entries[0]).toMatchObject({ actor: TESTER, version: 3 })
    expect(entries[0]?.fields.map(({ field, from, to }) => [field, from, to])).toEqual([
      ['status', ['CHECKED_IN'], ['PENDING']],
      ['checkin_datetime', [checkin_datetime?.toISOString()], []],
    ])
    await expect(change(made.id, { status: CHECKED_IN })).resolves.toMatchObject({ status: CHECKED_IN })
    await undoCheckIn(made.id)
    await suite.reservations.deleteReservation({ id: made.id })
    await demandViewIsTrue(suite)
  })

  test('lets the next guest into the room', async () => {
    const wrong = await reserve(-1, 0, CHECKED_IN)
    const { id } = await reserveIn(wrong.room, 0, 1)
    await expect(change(id, { status: CHECKED_IN })).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await undoCheckIn(wrong.id)
    await change(id, { status: CHECKED_IN })
  })

  test('after a move has the whole stay in the room of now, or is refused', async () => {
    const [free, taken] = [await newRoom(), await newRoom()]
    await reserveIn(taken, -2, -1)
    const [one, other] = [await reserve(-2, 2, CHECKED_IN), await reserve(-2, 2, CHECKED_IN)]
    await change(one.id, { room: free })
    await change(other.id, { room: taken })
    await undoCheckIn(one.id)
    expect(await legs(one.id)).toEqual([[free, date(-2), date(2)]])
    const moved = await read(other.id)
    await expect(undoCheckIn(other.id)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', {
      room: taken,
      in_date: date(-2),
      out_date: date(-1),
    })
    expect([await read(other.id), (await legs(other.id)).length]).toEqual([moved, 2])
  })

  test.each([
    ['PENDING', []],
    ['CHECKED_OUT', [CHECKED_IN, CHECKED_OUT]],
  ])('is none of one that is %s', async (from, statuses) => {
    const made = await reserve(-1, 0, ...statuses)
    await expect(undoCheckIn(made.id)).rejects.toRefuse(FAILED_PRECONDITION, 'INVALID_TRANSITION', {
      from,
      to: 'PENDING',
    })
    expect(await read(made.id)).toEqual(made)
  })
})

describe('a check-out that was a mistake', () => {
  test('is taken back: CHECKED_IN as before, its history tells, and the guest leaves again', async () => {
    const here = await reserve(-2, 0, CHECKED_IN)
    const { checkout_datetime } = await change(here.id, { status: CHECKED_OUT })
    const undone = await undoCheckOut(here.id)
    expect(undone).toEqual({ ...here, etag: undone.etag, update_time: undone.update_time })
    expect(await legs(here.id)).toEqual([[here.room, date(-2), date()]])
    const { entries } = await suite.reservations.listReservationHistory({ id: here.id })
    expect(entries[0]?.fields.map(({ field, from, to }) => [field, from, to])).toEqual([
      ['status', ['CHECKED_OUT'], ['CHECKED_IN']],
      ['checkout_datetime', [checkout_datetime?.toISOString()], []],
    ])
    await change(here.id, { out_date: date(2) })
    expect(await legs(here.id)).toEqual([[here.room, date(-2), date(2)]])
    await change(here.id, { status: CHECKED_OUT, out_date: date() })
    await demandViewIsTrue(suite)
  })

  test('keeps the rooms that were slept in; an early departure is taken back by its date', async () => {
    const here = await reserve(-2, 3, CHECKED_IN)
    const room = await newRoom()
    await change(here.id, { room })
    await change(here.id, { status: CHECKED_OUT, out_date: date() })
    await expect(undoCheckOut(here.id)).resolves.toMatchObject({ room, out_date: date() })
    expect(await legs(here.id)).toEqual([[here.room, date(-2), date()]])
    await change(here.id, { out_date: date(3) })
    expect((await legs(here.id)).at(-1)).toEqual([room, date(), date(3)])
  })

  test('of day use has its night again, unless it is held by now', async () => {
    const [one, other] = [await reserve(0, 0, CHECKED_IN, CHECKED_OUT), await reserve(0, 0, CHECKED_IN, CHECKED_OUT)]
    expect(await legs(one.id)).toEqual([])
    await undoCheckOut(one.id)
    expect(await legs(one.id)).toEqual([[one.room, date(), date(1)]])
    await reserveIn(other.room, 0, 1)
    await expect(undoCheckOut(other.id)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', {
      room: other.room,
      in_date: date(),
      out_date: date(1),
    })
    expect(await read(other.id)).toEqual(other)
  })

  test('is refused for a deleted guest, until the guest is restored', async () => {
    const { id: gone } = await suite.guests.createGuest({ first_name: 'Bo' })
    const { id } = await reserve(-1, 0)
    await change(id, { guest: gone })
    await change(id, { status: CHECKED_IN })
    await change(id, { status: CHECKED_OUT })
    await suite.guests.deleteGuest({ id: gone })
    await expect(undoCheckOut(id)).rejects.toRefuse(FAILED_PRECONDITION, 'GUEST_DELETED')
    await suite.guests.undeleteGuest({ id: gone })
    await undoCheckOut(id)
  })

  test('is refused while another guest is in the room, and for a deleted room', async () => {
    const left = await reserve(-1, 0, CHECKED_IN, CHECKED_OUT)
    const next = await reserveIn(left.room, 0, 2, CHECKED_IN)
    await expect(undoCheckOut(left.id)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', {
      room: left.room,
      in_date: date(),
      out_date: date(2),
    })
    await undoCheckIn(next.id)
    await undoCheckOut(left.id)

    const other = await reserve(-1, 0, CHECKED_IN, CHECKED_OUT)
    await suite.rooms.deleteRoom({ id: other.room })
    await expect(undoCheckOut(other.id)).rejects.toRefuse(FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
  })

  test.each([
    ['PENDING', []],
    ['CHECKED_IN', [CHECKED_IN]],
  ])('is none of one that is %s', async (from, statuses) => {
    const made = await reserve(-1, 0, ...statuses)
    await expect(undoCheckOut(made.id)).rejects.toRefuse(FAILED_PRECONDITION, 'INVALID_TRANSITION', {
      from,
      to: 'CHECKED_IN',
    })
    expect(await read(made.id)).toEqual(made)
  })

  test('of a guest whose stay was over before yesterday is refused as a check-in is', async () => {
    const here = await reserve(-2, 0, CHECKED_IN)
    await setClock(`${date(2)}T09:00:00Z`)
    await change(here.id, { status: CHECKED_OUT })
    await expect(undoCheckOut(here.id)).rejects.toRefuse(FAILED_PRECONDITION, 'CHECK_IN_TOO_LATE', {
      out_date: date(),
      today: date(2),
    })
  })
})

describe('its own day, by the location’s calendar,', () => {
  test('is until midnight there: at ten in the morning of UTC in Kiritimati', async () => {
    const east = await suite.locations.createLocation({ name: 'K', time_zone: 'Pacific/Kiritimati' })
    const rooms = await Promise.all([1, 2, 3].map(() => newRoom({ location: east.id })))
    const [kept, early, left] = await Promise.all(rooms.map((room) => reserveIn(room, -1, 0, CHECKED_IN)))
    if (kept === undefined || early === undefined || left === undefined) throw new Error('unreachable: there are three')
    await change(left.id, { status: CHECKED_OUT })
    await setClock(`${date()}T09:59:30Z`)
    await undoCheckIn(early.id)
    await undoCheckOut(left.id)
    await change(left.id, { status: CHECKED_OUT })
    await setClock(`${date()}T10:00:00Z`)
    const late = { date: date(), today: date(1) }
    await eventually(() => expect(undoCheckIn(kept.id)).rejects.toRefuse(FAILED_PRECONDITION, 'UNDO_TOO_LATE', late))
    await expect(undoCheckOut(left.id)).rejects.toRefuse(FAILED_PRECONDITION, 'UNDO_TOO_LATE', late)
    expect((await read(kept.id)).status).toBe(CHECKED_IN)
  })
})

describe('taking back', () => {
  test('has keys and etags as every write', async () => {
    const { id, etag } = await reserve(-1, 1, CHECKED_IN)
    await expect(suite.reservations.undoCheckIn({ id, etag: '"1"' })).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH')
    const keyed = { metadata: Metadata({ 'idempotency-key': `undo-${id}` }) }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => suite.reservations.undoCheckIn({ id, etag }, keyed)),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    await change(id, { note: 'later' })
    expect(await suite.reservations.undoCheckIn({ id, etag }, keyed)).toEqual(answers[0])
  })

  test('over REST is two verbs, which do not count as changes of status', async () => {
    const { id } = await reserve(-1, 0)
    const path = `/reservations/${id}`
    expect((await suite.rest('PATCH', path, { body: { status: 'CHECKED_IN' } })).status).toBe(200)
    const undone = await suite.rest('POST', `${path}:undoCheckIn`)
    expect([undone.status, undone.json.status, undone.json.checkin_datetime]).toEqual([200, 'PENDING', undefined])
    expect(undone.headers.get('etag')).toBe(undone.json.etag)
    const again = await suite.rest('POST', `${path}:undoCheckIn`, { body: {} })
    expect([again.status, again.json.details[0].reason]).toEqual([400, 'INVALID_TRANSITION'])
    await change(id, { status: CHECKED_IN })
    await change(id, { status: CHECKED_OUT })
    const back = await suite.rest('POST', `${path}:undoCheckOut`)
    expect([back.status, back.json.status, back.json.checkout_datetime]).toEqual([200, 'CHECKED_IN', undefined])
    const unknown = await suite.rest('POST', '/reservations/0198c000-0000-7000-8000-000000000001:undoCheckOut')
    expect(unknown.status).toBe(404)
  })

  test('by many at once happens once, and one of it and of a check-out is the last', async () => {
    const { id } = await reserve(-1, 0, CHECKED_IN, CHECKED_OUT)
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => undoCheckOut(id)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await read(id)).status).toBe(CHECKED_IN)
    expect((await undoCheckIn(id)).status).toBe(PENDING)
  })
})
