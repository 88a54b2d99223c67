import { randomUUID } from 'node:crypto'
import { Reservation_Status as Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue } from '../support/hotel.ts'
import { csv, folderWith, refusals, run } from './transfer-runs.ts'

// Each import and export is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const at = (offset: number, time = '12:00:00.123456') => `${day(offset)}T${time}Z`

/** A dump as `manage.py dumpdata` writes it, in any order of its models. */
function dump() {
  const [ada, prince] = [randomUUID(), randomUUID()]
  const [r101, r102] = [randomUUID(), randomUUID()]
  const objects: object[] = []
  const stay = (room: string, from: number, to: number, status = 'pending', fields: object = {}) => {
    const pk = randomUUID()
    const [checkin, checkout] = [status === 'pending' ? null : at(from), status === 'checked_out' ? at(to) : null]
    objects.push({
      model: 'hotel.reservation',
      pk,
      fields: {
        ...{ in_date: day(from), out_date: day(to), status, guest: ada, room },
        ...{ checkin_datetime: checkin, checkout_datetime: checkout, ...fields },
      },
    })
    return pk
  }
  const ids = {
    ada,
    // Both pending: the first in the file keeps the room.
    kept: stay(r101, 10, 13),
    overlaps: stay(r101, 12, 14),
    arrivesAsAnotherLeaves: stay(r101, 13, 15),
    dayUse: stay(r101, 20, 20),
    leavesOnDayUse: stay(r101, 18, 20),
    arrivesOnDayUse: stay(r101, 20, 21),
    // The guest in the house keeps the room, though the other one comes first.
    pendingInHouse: stay(r102, -1, 3),
    inHouse: stay(r102, -2, 2, 'checked_in'),
    gone: stay(r102, -9, -5, 'checked_out'),
    leftEarly: stay(r101, -9, 5, 'checked_out', { checkout_datetime: at(-7) }),
    tooEarly: stay(r102, 4, 6, 'checked_in', { checkin_datetime: at(-1) }),
    timeless: stay(r102, -20, -18, 'checked_in', { checkin_datetime: null }),
    unknownGuest: stay(r102, 30, 31, 'pending', { guest: randomUUID() }),
    odd: stay(r102, 30, 31, 'no_show'),
  }
  objects.push(
    { model: 'sessions.session', pk: 'x', fields: {} },
    { model: 'auth.user', pk: 1, fields: { username: 'admin', groups: [] } },
    { model: 'hotel.room', pk: r102, fields: { number: '102' } },
    { model: 'hotel.guest', pk: ada, fields: { first_name: 'Ada', last_name: 'Lovelace' } },
    { model: 'hotel.guest', pk: prince, fields: { first_name: 'Prince', last_name: null } },
    { model: 'hotel.guest', pk: randomUUID(), fields: { first_name: ' ', last_name: null } },
    { model: 'hotel.room', pk: r101, fields: { number: '101' } },
  )
  const place = (pk: string) => String(objects.findIndex((object) => (object as { pk: unknown }).pk === pk) + 1)
  return { text: JSON.stringify(objects, undefined, 1), ids, place, blank: String(objects.length - 1) }
}

test('a dump of the original’s database: all is loaded, but double bookings and what was never so, which are reported', async () => {
  const { text, ids, place, blank } = dump()
  await using folder = await folderWith({ 'dump.json': text })
  const { code, output } = await run(suite, 'import', folder.path, 'dump.json')
  expect(code).toBe(2)
  expect(output).toContain('1 guests left early')
  expect(output).toContain(
    'Not imported, because the suite has no such resources: sessions.session (1), auth.user (1).',
  )

  const { reservations } = await suite.reservations.listReservations({})
  const loaded = new Map(reservations.map(({ id, status, out_date }) => [id, [status, out_date]]))
  expect(loaded).toEqual(
    new Map([
      [ids.kept, [Status.PENDING, day(13)]],
      [ids.arrivesAsAnotherLeaves, [Status.PENDING, day(15)]],
      [ids.dayUse, [Status.PENDING, day(20)]],
      [ids.leavesOnDayUse, [Status.PENDING, day(20)]],
      [ids.inHouse, [Status.CHECKED_IN, day(2)]],
      [ids.gone, [Status.CHECKED_OUT, day(-5)]],
      [ids.leftEarly, [Status.CHECKED_OUT, day(-7)]],
    ]),
  )
  const { guests } = await suite.guests.listGuests({})
  expect(guests.map(({ first_name, last_name }) => [first_name, last_name])).toEqual([
    ['Ada', 'Lovelace'],
    ['Prince', undefined],
  ])
  expect(await refusals(folder.path, 'dump.guests.refused.csv')).toEqual([[blank, 'INVALID_FIELD', 'first_name']])
  expect(await refusals(folder.path, 'dump.reservations.refused.csv')).toEqual([
    [place(ids.tooEarly), 'INVALID_FIELD', 'checkin_datetime'],
    [place(ids.timeless), 'INVALID_FIELD', 'checkin_datetime'],
    [place(ids.overlaps), 'ROOM_NOT_AVAILABLE', ''],
    [place(ids.arrivesOnDayUse), 'ROOM_NOT_AVAILABLE', ''],
    [place(ids.pendingInHouse), 'ROOM_NOT_AVAILABLE', ''],
    [place(ids.unknownGuest), 'INVALID_FIELD', 'guest'],
    [place(ids.odd), 'INVALID_FIELD', 'status'],
  ])
  const report = (await csv(folder.path, 'dump.reservations.refused.csv')) ?? []
  const told = (id: string) => report.find((line) => line.id === id)?.refused_message
  expect(told(ids.overlaps)).toContain(`the nights from ${day(12)} to ${day(13)} by the reservation ${ids.kept}`)
  expect(told(ids.overlaps)).toContain(
    `the nights from ${day(13)} to ${day(14)} by the reservation ${ids.arrivesAsAnotherLeaves}`,
  )
  expect(told(ids.arrivesOnDayUse)).toContain(`by the reservation ${ids.dayUse}`)
  expect(told(ids.pendingInHouse)).toContain(`by the reservation ${ids.inHouse}`)
  await demandViewIsTrue(suite)

  const again = await run(suite, 'import', folder.path, 'dump.json')
  expect(again.output).toContain('dump.json (reservations): 0 imported, 7 already there, 7 refused')
})
