import { type Suite, sharedSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { clockOf, type MovableClock } from './clock.ts'
import { freshNumber } from './hotel.ts'

let suite: Suite
let clock: MovableClock
let guest: string
beforeAll(async () => {
  suite = await sharedSuite({ clock: true })
  clock = clockOf(suite)
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const dates = { in_date: '2031-05-01', out_date: '2031-05-03' }

/** A reservation at a location of its own. */
async function reserved(time_zone: string, hold_until?: Date) {
  const location = await suite.locations.createLocation({ name: time_zone, time_zone })
  const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
  return suite.reservations.createReservation({ guest, room, ...dates, hold_until })
}

async function list(filter: string) {
  const { status, json } = await suite.rest('GET', `/reservations?show_deleted=true&${filter}`)
  expect(status).toBe(200)
  return json.reservations.map(({ id }: { id: string }) => id)
}

describe('the cancellations of a period', () => {
  test('are those of its days by each location’s own calendar', async () => {
    await clock.set(new Date('2031-03-01T09:00:00Z'))
    // At ten in the morning of UTC a new day begins in Kiritimati, UTC+14; at noon in the far west, UTC-12.
    const [utc, east, west] = [
      await reserved('UTC'),
      await reserved('Pacific/Kiritimati'),
      await reserved('Etc/GMT+12'),
    ]
    const kept = await reserved('UTC')
    await clock.set(new Date('2031-03-10T10:30:00Z'))
    for (const { id } of [utc, east, west]) await suite.reservations.deleteReservation({ id, reason: 'Ill' })
    const of = async (filter: string) => {
      const ids = await list(filter)
      return [utc, east, west, kept].filter(({ id }) => ids.includes(id))
    }
    expect(await of('deleted_from=2031-03-10&deleted_to=2031-03-11')).toEqual([utc])
    expect(await of('deleted_from=2031-03-11&deleted_to=2031-03-12')).toEqual([east])
    expect(await of('deleted_from=2031-03-09&deleted_to=2031-03-10')).toEqual([west])
    expect(await of('deleted_from=2031-03-10')).toEqual([utc, east])
    expect(await of('deleted_to=2031-03-11')).toEqual([utc, west])
    expect(await of(`deleted_from=2031-03-01&location=${west.location}`)).toEqual([west])
    expect(await of('deleted_from=2031-03-01&from=2031-05-03')).toEqual([])
  })

  test('hold what was restored no more, and have the reason and the moment', async () => {
    const made = await reserved('UTC')
    await clock.set(new Date('2031-04-01T12:00:00Z'))
    await suite.reservations.deleteReservation({ id: made.id, reason: 'Found another' })
    const day = 'deleted_from=2031-04-01&deleted_to=2031-04-02'
    const { json } = await suite.rest('GET', `/reservations?show_deleted=true&${day}`)
    expect(json.reservations).toEqual([(await suite.rest('GET', `/reservations/${made.id}`)).json])
    expect(json.reservations[0].reason).toBe('Found another')
    expect(json.reservations[0].delete_time).toMatch(/^2031-04-01T12:00:/)
    await suite.reservations.undeleteReservation({ id: made.id })
    expect(await list(day)).toEqual([])
  })

  test('have holds that lapsed, also before anybody took notice, and none that may still be confirmed', async () => {
    await clock.set(new Date('2031-06-01T08:00:00Z'))
    const until = new Date('2031-06-02T07:00:00Z')
    const [lapsing, confirmed] = [await reserved('UTC', until), await reserved('UTC', until)]
    await suite.reservations.confirmReservation({ id: confirmed.id })
    const day = 'deleted_from=2031-06-02&deleted_to=2031-06-03'
    expect(await list(day)).toEqual([])
    await clock.set(until)
    expect(await list(day)).toEqual([lapsing.id])
    expect(await list('deleted_from=2031-06-03')).toEqual([])
    const { room, ...taken } = { guest, ...dates, room: lapsing.room }
    await suite.reservations.createReservation({ room, ...taken })
    expect(await list(day)).toEqual([lapsing.id])
  })

  test('come in pages', async () => {
    await clock.set(new Date('2031-07-01T08:00:00Z'))
    const ids = []
    for (let n = 0; n < 5; n++) {
      const { id } = await reserved('UTC')
      await suite.reservations.deleteReservation({ id })
      ids.push(id)
    }
    const filter = { show_deleted: true, deleted_from: '2031-07-01', deleted_to: '2031-07-02', page_size: 2 }
    const listed: string[] = []
    for (let page_token = ''; ; ) {
      const page = await suite.reservations.listReservations({ ...filter, page_token })
      listed.push(...page.reservations.map(({ id }) => id))
      page_token = page.next_page_token
      if (page_token === '') break
    }
    expect(listed.toSorted()).toEqual(ids.toSorted())
  })

  test.each([
    ['deleted_from=2031-01-01', 'show_deleted'],
    ['deleted_to=2031-01-01', 'show_deleted'],
    ['show_deleted=true&deleted_from=yesterday', 'deleted_from'],
    ['show_deleted=true&deleted_to=2031-02-30', 'deleted_to'],
    ['show_deleted=true&deleted_from=2031-01-02&deleted_to=2031-01-01', 'deleted_to'],
    ['from=2031-01-02&to=2031-01-01', 'to'],
  ])('are not listed by %s: 400 on %s', async (query, field) => {
    const { status, json } = await suite.rest('GET', `/reservations?${query}`)
    expect([status, json.details[1].field_violations[0].field]).toEqual([400, field])
  })
})

describe('what is cancelled', () => {
  test('keeps a reason of up to 2000 characters', async () => {
    const made = await reserved('UTC')
    const tooLong = suite.reservations.deleteReservation({ id: made.id, reason: 'x'.repeat(2001) })
    await expect(tooLong).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'reason' })
    const reason = 'ü'.repeat(2000)
    expect(await suite.reservations.deleteReservation({ id: made.id, reason })).toMatchObject({ reason })
    expect((await suite.reservations.undeleteReservation({ id: made.id })).reason).toBeUndefined()
  })
})
