import { Cancellation_Cause as Cause } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'
import { clockOf, type MovableClock } from './clock.ts'

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

const { GUEST, HOTEL, NO_SHOW } = Cause

const dates = { in_date: '2031-05-01', out_date: '2031-05-03' }
/** Of tests that come after others: a hotel's time never goes back. */
const LATER = { in_date: '2032-05-01', out_date: '2032-05-03' }

/** A reservation at a location of its own. */
async function reserved(time_zone: string, hold_until?: Date, stay = dates) {
  const location = await suite.locations.createLocation({ name: time_zone, time_zone })
  const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
  return suite.reservations.createReservation({ guest, room, ...stay, hold_until })
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
    ['cause=GUEST', 'show_deleted'],
    ['max_lead_days=1', 'show_deleted'],
    ['show_deleted=true&min_lead_days=3&max_lead_days=2', 'max_lead_days'],
    ['show_deleted=true&min_lead_days=5000000', 'min_lead_days'],
  ])('are not listed by %s: 400 on %s', async (query, field) => {
    const { status, json } = await suite.rest('GET', `/reservations?${query}`)
    expect([status, json.details[1].field_violations[0].field]).toEqual([400, field])
  })
})

describe('what is cancelled', () => {
  test('has a cause besides its reason, in a body or a query, until it is restored', async () => {
    const made = await reserved('UTC')
    const path = `/reservations/${made.id}`
    const body = { cause: 'HOTEL', reason: 'Flooded' }
    const stale = await suite.rest('POST', `${path}:cancel`, { body, headers: { 'if-match': '"7"' } })
    expect(refusal(stale)).toEqual([409, 'ETAG_MISMATCH'])
    const gone = await suite.rest('POST', `${path}:cancel`, { body: { ...body, etag: made.etag } })
    expect(gone).toMatchObject({ status: 200, json: { ...body, delete_time: expect.any(String), etag: '"2"' } })
    expect((await suite.rest('GET', path)).json).toEqual(gone.json)
    const history = await suite.rest('GET', `${path}/history`)
    expect(history.json.entries[0].fields).toContainEqual({ field: 'cause', from: [], to: ['HOTEL'] })
    expect(refusal(await suite.rest('POST', `${path}:cancel`, { body: {} }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    const restored = await suite.rest('POST', `${path}:undelete`, { body: {} })
    expect([restored.json.cause, restored.json.reason]).toEqual([undefined, undefined])
    const again = await suite.rest('DELETE', `${path}?cause=guest`)
    expect(again.json).toMatchObject({ cause: 'GUEST' })
    expect(again.json.reason).toBeUndefined()
  })

  test('is a no-show from the first day on only, by the location’s calendar', async () => {
    await clock.set(new Date('2032-04-30T10:30:00Z'))
    const [here, east] = [
      await reserved('UTC', undefined, LATER),
      await reserved('Pacific/Kiritimati', undefined, LATER),
    ]
    const early = suite.reservations.cancelReservation({ id: here.id, cause: NO_SHOW })
    await expect(early).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'cause' })
    expect(await suite.reservations.cancelReservation({ id: east.id, cause: NO_SHOW })).toMatchObject({
      cause: NO_SHOW,
    })
    const wrong = await suite.rest('POST', `/reservations/${here.id}:cancel`, { body: { cause: 'WEATHER' } })
    expect(refusal(wrong)).toEqual(invalid('cause'))
    await clock.set(new Date('2032-05-01T00:00:00Z'))
    const { id } = here
    const reason = 'x'.repeat(2001)
    const tooLong = suite.reservations.cancelReservation({ id, cause: NO_SHOW, reason })
    await expect(tooLong).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'reason' })
    expect(await suite.reservations.deleteReservation({ id, cause: NO_SHOW })).toMatchObject({ cause: NO_SHOW })
  })

  test('is listed by its cause and by how long before the first day it was', async () => {
    const stay = { in_date: '2033-05-01', out_date: '2033-05-03' }
    const cancelAt = async (moment: string, cause: Cause | undefined, time_zone = 'UTC') => {
      await clock.set(new Date(moment))
      const made = await reserved(time_zone, undefined, stay)
      return (await suite.reservations.cancelReservation({ id: made.id, ...(cause !== undefined && { cause }) })).id
    }
    const early = await cancelAt('2033-04-20T12:00:00Z', GUEST)
    // A day later already by its own calendar.
    const east = await cancelAt('2033-04-28T10:30:00Z', HOTEL, 'Pacific/Kiritimati')
    const last = await cancelAt('2033-05-01T08:00:00Z', GUEST)
    const after = await cancelAt('2033-05-02T08:00:00Z', NO_SHOW)
    const plain = await cancelAt('2033-05-02T09:00:00Z', undefined)
    const all = [early, east, last, after, plain]
    const of = async (filter: string) => {
      const ids = await list(`page_size=500&${filter}`)
      return all.filter((id) => ids.includes(id))
    }
    expect(await of('cause=GUEST')).toEqual([early, last])
    expect(await of('cause=HOTEL')).toEqual([east])
    expect(await of('cause=NO_SHOW&order_by=out_date')).toEqual([after])
    expect(await of('min_lead_days=2')).toEqual([early, east])
    expect(await of('min_lead_days=3')).toEqual([early])
    expect(await of('max_lead_days=2&cause=HOTEL')).toEqual([east])
    expect(await of('max_lead_days=1&cause=HOTEL')).toEqual([])
    expect(await of('min_lead_days=0&max_lead_days=2')).toEqual([east, last])
    expect(await of('max_lead_days=-1')).toEqual([after, plain])
    expect(await of('deleted_from=2033-05-02&max_lead_days=-1&cause=NO_SHOW')).toEqual([after])
  })

  test('keeps a reason of up to 2000 characters', async () => {
    const made = await reserved('UTC')
    const tooLong = suite.reservations.deleteReservation({ id: made.id, reason: 'x'.repeat(2001) })
    await expect(tooLong).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'reason' })
    const reason = 'ü'.repeat(2000)
    expect(await suite.reservations.deleteReservation({ id: made.id, reason })).toMatchObject({ reason })
    expect((await suite.reservations.undeleteReservation({ id: made.id })).reason).toBeUndefined()
  })
})
