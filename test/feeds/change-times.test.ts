import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

// Creates have the database's microseconds, other writes milliseconds; a clock that is ahead at another instance makes them come at once.
test('a write that follows a create within its millisecond is not of an earlier time', async () => {
  const { guest, room } = await guestAndRoom(suite)
  await suite.sql(
    'reservations',
    `insert into feed_head (hotel_id, time) values ($1, date_trunc('second', clock_timestamp()) + interval '1 hour 0.0009 s')
     on conflict (hotel_id) do update set time = excluded.time`,
    [suite.hotel],
  )
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
  await suite.reservations.updateReservation({ id, note: 'soon' })
  await suite.reservations.deleteReservation({ id })
  const changes = await suite.sql<{ seq: string; time: string }>(
    'reservations',
    'select seq, time::text from change where hotel_id = $1 order by seq',
    [suite.hotel],
  )
  expect(changes).toHaveLength(3)
  expect(changes.map(({ time }) => time)).toEqual(changes.map(({ time }) => time).sort())
})
