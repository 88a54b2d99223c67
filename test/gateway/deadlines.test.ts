import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** The deadline as a caller's library sends it; the client's own middleware only stops waiting. */
const within = (milliseconds: number) => ({ metadata: Metadata({ 'grpc-timeout': `${milliseconds}m` }) })

test('a call that is cancelled, or out of time, ends its query in the database and has no effect', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const request = { guest, room, in_date: day(), out_date: day(1) }
  const { id } = await suite.reservations.createReservation(request)
  const waiting = () =>
    suite.sql(
      'reservations',
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
  await lock.connect()
  try {
    await lock.query('set idle_in_transaction_session_timeout = 0')
    await lock.query('begin')
    await lock.query('select 1 from feed_head for update')
    // One call of a hotel waits at its head: the second comes when the first has ended.
    const late = suite.reservations.updateReservation({ id, note: 'late' }, within(400))
    const [first] = await Promise.allSettled([late])
    expect(first).toMatchObject({ status: 'rejected', reason: { code: Status.DEADLINE_EXCEEDED } })
    await eventually(async () => expect(await waiting()).toHaveLength(0))
    const stopped = new AbortController()
    const cancelled = suite.reservations.deleteReservation({ id }, { signal: stopped.signal })
    const ended = Promise.allSettled([cancelled])
    await eventually(async () => expect(await waiting()).toHaveLength(1))
    stopped.abort()
    expect(await ended).toMatchObject([{ status: 'rejected', reason: { name: 'AbortError' } }])
    await eventually(async () => expect(await waiting()).toHaveLength(0))
    await lock.query('rollback')
  } finally {
    await lock.end()
  }
  expect(await suite.reservations.getReservation({ id })).toMatchObject({ etag: '"1"' })
})

test('a call with too little time left is refused before it does anything', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => suite.guests.createGuest({ first_name: 'Hasty' }, within(10))),
  )
  for (const result of results) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: Status.DEADLINE_EXCEEDED } })
  }
  expect((await suite.guests.listGuests({ query: 'hasty' })).guests).toEqual([])
})

test('every answer carries the request id that the log line has; the log holds no name', async () => {
  const answer = await suite.rest('POST', '/guests', {
    body: { first_name: 'Zebedee' },
    headers: { 'x-request-id': 'mine-1' },
  })
  expect(answer.headers.get('x-request-id')).toBe('mine-1')
  await eventually(async () =>
    expect(suite.lines.some((line) => line.includes('mine-1') && line.includes('CreateGuest'))).toBe(true),
  )
  expect(suite.lines.filter((line) => line.includes('Zebedee'))).toEqual([])
})
