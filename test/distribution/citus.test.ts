import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { openFeed } from '../feeds/feeds.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, guestAndRoom } from '../support/hotel.ts'
import { citusUrl, dropDistributed, makeDistributed } from './citus-server.ts'

// The suite on a Citus: `npm test` says NOT RUN where CITUS_URL names none.

const run = citusUrl === undefined ? describe.skip : describe
const CALLERS = 64

run('on Citus', () => {
  const url = citusUrl ?? ''
  let suite: Suite
  let runs: string[][]
  beforeAll(async () => {
    runs = await makeDistributed(url)
    suite = await startSuite({ server: url, env: { reservations: { CREATE_GROUP_HOTELS: '1' } } })
  }, 300_000)
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
    if (runs !== undefined) await dropDistributed(url)
  }, 60_000)

  test('the first run distributes, and the second changes nothing', () => {
    const [first = [], second = []] = runs
    for (const sentence of first) expect(sentence).toMatch(/: [1-9]\d* tables and [1-9]\d* functions were changed\.$/)
    for (const sentence of second) expect(sentence).toMatch(/ already\.$/)
  })

  test('of parallel creates for one room and night exactly one wins', async () => {
    const { guest, room } = await guestAndRoom(suite)
    await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
    const wanted = { guest, room, in_date: day(5), out_date: day(6) }
    const results = await Promise.allSettled(
      Array.from({ length: CALLERS }, () => suite.reservations.createReservation(wanted)),
    )
    const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(losers).toHaveLength(CALLERS - 1)
    for (const loser of losers) expect(loser).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
    const legs = await suite.sql('reservations', 'select from occupancy where room_id = $1', [room])
    expect(legs).toHaveLength(2)
  })

  test('what was made is read, changed and listed, and its changes are in the feed', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const made = await suite.reservations.createReservation({ guest, room, in_date: day(0), out_date: day(3) })
    expect(await suite.reservations.getReservation({ id: made.id })).toMatchObject({ guest, rooms: [room] })
    const changed = await suite.reservations.updateReservation({ id: made.id, note: 'late' })
    expect(changed).toMatchObject({ note: 'late' })
    const { reservations } = await suite.reservations.listReservations({ room })
    expect(reservations.map(({ id }) => id)).toEqual([made.id])
    const stays = await suite.reservations.listCurrentAndUpcoming({})
    expect(stays.reservations.map(({ reservation }) => reservation)).toContain(made.id)
    await demandViewIsTrue(suite)
    using feed = openFeed(suite, 'rooms')
    await eventually(async () => {
      const { changes } = await feed.client.listChanges({ hotel: suite.hotel, after_seq: 0n })
      // Without a gap, and with the room.
      expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, index) => BigInt(index + 1)))
      expect(changes.map(({ resource }) => Buffer.from(resource?.value ?? []).toString('latin1')).join()).toContain(
        room,
      )
    })
  })

  test('each statement of the main paths is one task', async () => {
    const statements = [
      `select * from reservation where hotel_id = '${suite.hotel}' and id = '${suite.hotel}'`,
      `select h.seq from feed_head h where h.hotel_id = '${suite.hotel}' for update`,
      `select * from change where hotel_id = '${suite.hotel}' and seq > 0 order by seq limit 100`,
      `insert into occupied_room select hotel_id, id, current_date, id from reservation where hotel_id = '${suite.hotel}'`,
      `update reservation set note = null where hotel_id = '${suite.hotel}' and id = '${suite.hotel}'`,
      `select * from current_and_upcoming c where c.hotel_id = any('{${suite.hotel}}') order by in_date, id limit 50`,
    ]
    await administer(databaseUrl(url, 'reservations'), async (client) => {
      for (const statement of statements) {
        const { rows } = await client.query<Record<string, string>>(`explain (costs off) ${statement}`)
        expect(rows.map((row) => Object.values(row)[0]?.trim())).toContain('Task Count: 1')
      }
      const { rows } = await client.query(
        `select from pg_dist_object where classid = 'pg_proc'::regclass and distribution_argument_index = 0
           and objid::regproc::text like '%create_reservations_of_hotel'`,
      )
      expect(rows).toHaveLength(1)
    })
  })
})
