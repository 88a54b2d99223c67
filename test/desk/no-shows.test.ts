import {
  Cancellation_Cause as Cause,
  type MarkNoShowsRequest,
  Reservation_Status,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { allChanges } from '../rooms-and-guests/personal-data.ts'
import { demandViewIsTrue, freshNumber, nightsHeld } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'
import { clockOf, type MovableClock } from './clock.ts'

let suite: Suite
let clock: MovableClock
beforeAll(async () => {
  suite = await sharedSuite({ clock: true, hotels: 'every' })
  clock = clockOf(suite)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN } = Reservation_Status
const { NO_SHOW } = Cause
const UNKNOWN = '0198a000-0000-7000-8000-000000000000'

/** A hotel of its own, as a hotel's time never goes back, at a moment. */
async function hotelAt(moment: string, ...zones: string[]) {
  const at = (time: string) => clock.set(new Date(time))
  await at(moment)
  const { id: hotel } = await suite.hotels.createHotel({ name: 'Desk' })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  const places = await Promise.all(
    zones.map((time_zone) => suite.locations.createLocation({ hotel, name: time_zone, time_zone })),
  )
  const locations = places.map(({ id }) => id)
  const newRoom = async (place = 0) =>
    (await suite.rooms.createRoom({ number: freshNumber(), location: locations[place] ?? '' })).id
  const book = async (in_date: string, out_date: string, more: { rooms?: string[]; [field: string]: unknown } = {}) => {
    const rooms = more.rooms ?? [await newRoom()]
    return (await suite.reservations.createReservation({ guest, in_date, out_date, ...more, rooms })).id
  }
  return { hotel, guest, location: locations[0] ?? '', locations, newRoom, book, at }
}

const mark = async (request: Partial<MarkNoShowsRequest>, options: CallOptions = {}) => {
  const { reservations, more } = await suite.gateway.reservations.markNoShows(request, options)
  return { ids: reservations.map(({ id }) => id), reservations, more }
}
const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })
const read = (id: string) => suite.reservations.getReservation({ id })
const checkIn = (id: string) => suite.reservations.updateReservation({ id, status: CHECKED_IN })

describe('the no-shows of a day', () => {
  test('are the PENDING reservations of that day and location, each cancelled whole, and no others', async () => {
    const { hotel, location, newRoom, book, at } = await hotelAt('2050-05-10T12:00:00Z', 'UTC', 'UTC')
    const arrival = ['2050-05-10', '2050-05-13'] as const
    const night = await book('2050-05-10', '2050-05-10', { note: 'late' })
    const family = await book(...arrival, { rooms: [await newRoom(), await newRoom()] })
    const held = await book(...arrival, { hold_until: new Date('2050-05-11T11:00:00Z') })
    const others = [
      await book('2050-05-11', '2050-05-12'),
      await book('2050-05-09', '2050-05-12'),
      await book(...arrival, { rooms: [await newRoom(1)] }),
    ]
    const [here, cancelled] = [await book(...arrival), await book(...arrival)]
    const lapsed = await book(...arrival, { hold_until: new Date('2050-05-10T13:00:00Z') })
    await checkIn(here)
    await suite.reservations.deleteReservation({ id: cancelled })
    await at('2050-05-11T09:00:00Z')
    const expected = [night, family, held].toSorted()
    const asked = { location, date: '2050-05-10' }

    const before = await allChanges(suite, 'reservations', hotel)
    const dry = await mark({ ...asked, validate_only: true })
    expect([dry.ids, dry.more, dry.reservations]).toEqual([expected, false, await Promise.all(expected.map(read))])
    expect(dry.reservations.map(({ delete_time }) => delete_time)).toEqual([undefined, undefined, undefined])

    const marked = await suite.rest('POST', '/reservations:markNoShows', { body: asked })
    expect([marked.status, marked.json.more]).toEqual([200, false])
    expect(marked.json.reservations.map(({ id }: { id: string }) => id)).toEqual(expected)
    for (const { id, cause, delete_time } of marked.json.reservations) {
      const { json } = await suite.rest('GET', `/reservations/${id}`)
      expect(marked.json.reservations).toContainEqual(json)
      expect([cause, delete_time]).toEqual(['NO_SHOW', expect.stringMatching(/^2050-05-11T09:0/)])
      expect(await nightsHeld(suite, { id })).toEqual([])
      const history = await suite.rest('GET', `/reservations/${id}/history`)
      expect(history.json.entries[0]).toMatchObject({ kind: 'DELETED' })
      expect(history.json.entries[0].fields).toContainEqual({ field: 'cause', from: [], to: ['NO_SHOW'] })
    }
    const told = (await allChanges(suite, 'reservations', hotel)).slice(before.length)
    expect(told.map(({ kind, reservation }) => [kind, reservation.id])).toEqual(expected.map((id) => ['DELETED', id]))
    for (const id of [...others, here]) expect((await read(id)).delete_time).toBeUndefined()
    expect((await read(lapsed)).cause).toBeUndefined()
    expect((await read(night)).note).toBe('late')
    const stays = await suite.reservations.listCurrent({ hotel })
    expect(stays.reservations.map(({ reservation }) => reservation).toSorted()).toEqual([...others, here].toSorted())
    await demandViewIsTrue(suite)
    // The rooms are free again, and a repeat finds nothing.
    await book('2050-05-11', '2050-05-13', { rooms: (await read(family)).rooms })
    expect(await mark(asked)).toEqual({ ids: [], reservations: [], more: false })
  })

  test('are of yesterday unless a date is given, by the location’s own calendar', async () => {
    const { locations, newRoom, book, at } = await hotelAt('2051-06-01T12:00:00Z', 'UTC', 'Pacific/Kiritimati')
    const [west = '', east = ''] = locations
    const book1 = (date: string, room: string) => book(date, '2051-06-05', { rooms: [room] })
    const [first, second] = [await newRoom(0), await newRoom(1)]
    const [third, fourth] = [await newRoom(0), await newRoom(1)]
    const of = [await book1('2051-06-01', first), await book1('2051-06-01', second)] as const
    const next = [await book1('2051-06-02', third), await book1('2051-06-02', fourth)] as const
    // The second of June in the west, the third in the east.
    await at('2051-06-02T10:30:00Z')
    const refused = mark({ location: west, date: '2051-06-02' })
    await expect(refused).rejects.toRefuse(Status.FAILED_PRECONDITION, 'DATE_NOT_OVER', {
      date: '2051-06-02',
      today: '2051-06-02',
    })
    expect((await mark({ location: west })).ids).toEqual([of[0]])
    expect((await mark({ location: east })).ids).toEqual([next[1]])
    expect((await mark({ location: east, date: '2051-06-01' })).ids).toEqual([of[1]])
    expect((await read(next[0])).cause).toBeUndefined()
  })

  test('are no more than those of 100 rooms in a call, which says that there may be more', async () => {
    const { hotel, location, book, at } = await hotelAt('2052-06-01T12:00:00Z', 'UTC')
    const all = await Promise.all(Array.from({ length: 103 }, () => book('2052-06-01', '2052-06-02')))
    await at('2052-06-02T12:00:00Z')
    expect(await mark({ location, validate_only: true })).toMatchObject({ more: true })
    const [first, second] = [await mark({ location }), await mark({ location })]
    expect([first.more, second.more]).toEqual([true, false])
    expect(first.ids).toHaveLength(100)
    expect([...first.ids, ...second.ids]).toEqual(all.toSorted())
    const listed = { hotel, show_deleted: true, cause: NO_SHOW, page_size: 500 }
    expect((await suite.reservations.listReservations(listed)).reservations).toHaveLength(103)
    const rooms = first.reservations.flatMap(({ rooms }) => rooms)
    const two = [rooms.slice(0, 60), rooms.slice(60)]
    const late = [await book('2052-06-01', '2052-06-01', { rooms: two[0] ?? [] })]
    late.push(await book('2052-06-01', '2052-06-01', { rooms: two[1] ?? [] }), await book('2052-06-01', '2052-06-01'))
    expect(await mark({ location })).toMatchObject({ ids: late.slice(0, 2), more: true })
    expect(await mark({ location })).toMatchObject({ ids: late.slice(2), more: false })
  })

  test('an empty date is refused with the remedy', async () => {
    const { location } = await hotelAt('2052-09-02T12:00:00Z', 'UTC')
    const answer = await suite.rest('POST', '/reservations:markNoShows', { body: { location, date: '' } })
    expect(refusal(answer)).toEqual(invalid('date'))
    expect(answer.text).toContain('is empty: give YYYY-MM-DD, or leave it out for yesterday')
  })

  test('are refused for a day that is not over, and for what is wrong or of another hotel', async () => {
    const { hotel, location, book } = await hotelAt('2053-06-01T12:00:00Z', 'UTC')
    const id = await book('2053-06-01', '2053-06-02')
    const post = (body: object) => suite.rest('POST', '/reservations:markNoShows', { body })
    expect(refusal(await post({ location, date: '2053-06-01' }))).toEqual([400, 'DATE_NOT_OVER'])
    expect(refusal(await post({ location, date: '2060-01-01', validate_only: true }))).toEqual([400, 'DATE_NOT_OVER'])
    expect(refusal(await post({}))).toEqual(invalid('location'))
    expect(refusal(await post({ location: 'here', date: 'yesterday' }))).toEqual(invalid('date', 'location'))
    expect(refusal(await post({ location: UNKNOWN }))).toEqual(invalid('location'))
    const { id: other } = await suite.hotels.createHotel({ name: 'Other' })
    const asOther = { body: { location }, token: await suite.token({ hotels: [other] }) }
    expect(refusal(await suite.rest('POST', '/reservations:markNoShows', asOther))).toEqual(invalid('location'))
    const reader = { body: { location }, token: await suite.token({ hotels: [hotel], scopes: ['reservations.read'] }) }
    expect(refusal(await suite.rest('POST', '/reservations:markNoShows', reader))).toEqual([403, 'PERMISSION_DENIED'])
    expect((await read(id)).delete_time).toBeUndefined()
  })
})

describe('an idempotency key of it', () => {
  test('is answered again, whatever came in between, also of a call that found nothing', async () => {
    const { location, book, at } = await hotelAt('2054-06-01T12:00:00Z', 'UTC')
    const ids = [await book('2054-06-01', '2054-06-02'), await book('2054-06-01', '2054-06-03')]
    await at('2054-06-02T12:00:00Z')
    const nothing = await mark({ location, date: '2054-05-01' }, keyed('nothing'))
    expect(nothing.ids).toEqual([])
    const late = await book('2054-05-01', '2054-05-01')
    const [dry, first] = [
      await mark({ location, validate_only: true }, keyed('marked')),
      await mark({ location }, keyed('marked')),
    ]
    expect([dry.ids, first.ids]).toEqual([ids, ids])
    for (const id of ids) await suite.reservations.undeleteReservation({ id })
    const again = await Promise.all([1, 2, 3].map(() => mark({ location }, keyed('marked'))))
    expect(again).toEqual([first, first, first])
    for (const id of ids) expect((await read(id)).delete_time).toBeUndefined()
    expect(await mark({ location, date: '2054-05-01' }, keyed('nothing'))).toEqual(nothing)
    expect((await read(late)).delete_time).toBeUndefined()
    await expect(mark({ location, date: '2054-06-01' }, keyed('nothing'))).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'IDEMPOTENCY_KEY_REUSED',
    )
    expect((await mark({ location }, keyed('afresh'))).ids).toEqual(ids)
  })
})

test('guests who are checked in at that moment are there or marked, and never both; of two calls at once one marks each', async () => {
  const { location, book, at } = await hotelAt('2055-06-01T12:00:00Z', 'UTC')
  const ids = await Promise.all(Array.from({ length: 24 }, () => book('2055-06-01', '2055-06-04')))
  await at('2055-06-02T12:00:00Z')
  const [checks, ...marks] = await Promise.all([
    Promise.allSettled(ids.map(checkIn)),
    mark({ location }),
    mark({ location }),
  ])
  const marked = marks.flatMap((each) => each.ids)
  expect(new Set(marked).size).toBe(marked.length)
  for (const [index, id] of ids.entries()) {
    const { status, cause } = await read(id)
    const isIn = checks[index]?.status === 'fulfilled'
    expect([status === CHECKED_IN, cause === NO_SHOW, marked.includes(id)]).toEqual([isIn, !isIn, !isIn])
  }
  await demandViewIsTrue(suite)
})
