import { Reservation_Status as ReservationStatus } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('every time zone that a location may have is known to the check of dates, and no other', async () => {
  const accepted = await suite.sql<{ name: string }>(
    'rooms',
    `select name from pg_timezone_names
     where (name = 'UTC' or name like '%/%') and name not like 'posix/%' and name not like 'right/%'`,
  )
  expect(accepted.length).toBeGreaterThan(400)
  const known = await suite.sql<{ name: string; date: string }>(
    'reservations',
    `select z as name from unnest($1::text[]) z where knows_time_zone(z)
       and location_date(z, '2026-07-01T12:00Z') = ('2026-07-01T12:00Z'::timestamptz at time zone z)::date`,
    [accepted.map(({ name }) => name)],
  )
  expect(known.map(({ name }) => name)).toEqual(accepted.map(({ name }) => name))
  const unknown = ['Mars/Olympus', 'US/Gone', 'x', '', 'BC', '1/2', '2000', "a/'b"]
  const none = await suite.sql('reservations', 'select z from unnest($1::text[]) z where knows_time_zone(z)', [unknown])
  expect(none).toEqual([])
})

test('a zone that the server has lost: told with the location at the start, UTC meanwhile, and no list fails', async () => {
  const { id: location } = await suite.locations.createLocation({ name: 'Old Town Hall', time_zone: 'US/Eastern' })
  const { id: room } = await suite.rooms.createRoom({ location, number: freshNumber() })
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  // As after an upgrade of the server: the row is there, and the zone's file is not.
  await suite.sql(
    'rooms',
    `with write as materialized (select begin_write($1, '0') as now)
     update location set time_zone = 'US/Gone', version = version + 1, update_time = now from write where id = $2`,
    [suite.hotel, location],
  )
  const zone = async () =>
    (
      await suite.sql<{ time_zone: string }>('reservations', 'select time_zone from location where id = $1', [location])
    )[0]
  await eventually(async () => expect(await zone()).toEqual({ time_zone: 'US/Gone' }))
  await suite.stack.services.reservations.kill()
  await suite.stack.services.reservations.start()
  await eventually(async () =>
    expect(suite.lines.filter((line) => line.includes('"level":40') && line.includes('US/Gone'))).toEqual([
      expect.stringContaining('Old Town Hall'),
    ]),
  )
  await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(200))

  for (const list of ['current_and_upcoming', 'current', 'upcoming'])
    for (const filter of ['', `?hotel=${suite.hotel}`, `?location=${location}`]) {
      const { status, json } = await suite.rest('GET', `/reservations/${list}${filter}`)
      expect([list, filter, status]).toEqual([list, filter, 200])
      expect(json.reservations).toHaveLength(list === 'upcoming' ? 0 : 1)
    }
  expect((await suite.rest('GET', `/reservations?show_deleted=true&deleted_from=${day()}`)).status).toBe(200)
  await suite.reservations.updateReservation({ id, status: ReservationStatus.CHECKED_IN })
  const other = await suite.reservations.createReservation({ guest, room, in_date: day(2), out_date: day(3) })
  await suite.reservations.deleteReservation({ id: other.id })
  const before = await suite.sql('reservations', 'select count(*) as rows from current_and_upcoming')
  expect(await suite.sql('reservations', 'select rebuild_current_and_upcoming() as rows')).toEqual(before)
  await demandViewIsTrue(suite)

  const mended = await suite.rest('PATCH', `/locations/${location}`, { body: { time_zone: 'America/New_York' } })
  expect([mended.status, mended.json.time_zone]).toEqual([200, 'America/New_York'])
  await eventually(async () => expect(await zone()).toEqual({ time_zone: 'America/New_York' }))
  const wrong = await suite.rest('PATCH', `/locations/${location}`, { body: { time_zone: 'US/Gone' } })
  expect(wrong.json.details[0].metadata).toEqual({ fields: 'time_zone' })
})
