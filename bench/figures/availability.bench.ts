import { ListRoomAvailabilityRequest } from '@hotel/proto/hotel/reservations/v1/availability'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Client } from 'pg'
import { authorized } from '../data/calls.ts'
import type { Home } from '../data/home.ts'
import { dayAfter } from '../data/house.ts'
import { startBenchSuite } from '../data/suite.ts'
import type { Side } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'
import { grpcSide, pgbenchSide } from '../load/sides.ts'
import type { Run } from '../run.ts'

const NIGHTS = 14
const IN_FLIGHT = 8
const OURS = 'ListRoomAvailability'
const PEER = 'pgbench, its SQL'
const ROOMS = 500
/** Stays of each room, two of three nights of it, in steps towards a million. */
const STAYS_OF_A_ROOM = { whole: [20, 200, 2_000], quick: [2, 20] }

/** A search for free rooms, beside what it asks the database. */
export async function many(run: Run, home: Home): Promise<void> {
  const { location, today } = home.house
  const [in_date, out_date] = [dayAfter(today, 7), dayAfter(today, 7 + NIGHTS)]
  for (const page_size of [60, 500]) {
    const fields = { page_size, location, in_date, out_date }
    const request = ListRoomAvailabilityRequest.encode(ListRoomAvailabilityRequest.fromPartial(fields)).finish()
    const load = {
      address: home.stack.addresses.reservations[0] ?? '',
      method: 'hotel.reservations.v1.AvailabilityService.ListRoomAvailability',
      metricsAddress: home.stack.metricsAddresses.reservations[0] ?? '',
      request,
      metadata: authorized(home),
      clients: IN_FLIGHT,
    }
    const script = `select * from room_lines(date '${in_date}', date '${out_date}', null, '${location}', null,
      null, null, null, ${page_size} + 1, 0);`
    const { service: _, ...database } = home.processes('reservations')
    await run.figure({
      name: `availability-${page_size}`,
      title: `${OURS}, ${NIGHTS} nights, ${page_size} rooms, ${IN_FLIGHT} in flight`,
      unit: 'calls/s',
      rows: { reservations: home.reservations },
      sides: [
        grpcSide(OURS, load, home.processes('reservations')),
        pgbenchSide(
          PEER,
          IN_FLIGHT,
          () => ({ url: home.stack.databaseUrls.reservations, script, clients: IN_FLIGHT }),
          database,
        ),
      ],
      comparisons: [{ of: OURS, to: PEER, must: 0.5, reach: 0.8 }],
    })
  }
}

/**
 * What a search for free rooms costs Postgres alone: 14 nights in a location of 500 rooms, with ever more stays held before and
 * after. The peer is the same search for 50 of these rooms: it grows with the rooms asked for, not with the history.
 */
export async function alone(run: Run): Promise<void> {
  await using suite = await startBenchSuite({ gateway: false, redis: false })
  await administer(databaseUrl(suite.adminUrl, 'reservations'), async (client) => {
    await client.query(
      `insert into room (hotel_id, id, location_id, number, version)
       select hotel_id, gen_random_uuid(), id, n, 1 from location, generate_series(1, $1) n`,
      [ROOMS],
    )
    let before = 0
    for (const stays of run.quick ? STAYS_OF_A_ROOM.quick : STAYS_OF_A_ROOM.whole) {
      await fill(client, before, stays)
      before = stays
      const [part, whole] = [search(client, ROOMS / 10), search(client, ROOMS)]
      await run.figure({
        name: `availability-held-${ROOMS * stays}`,
        title: `A search of ${NIGHTS} nights in Postgres alone`,
        unit: 'ms',
        rows: { 'stays held': ROOMS * stays },
        sides: [whole, part, searchTypes(client)],
        comparisons: [{ of: whole.name, to: part.name }],
      })
    }
    console.log(await planInside(client, `select * from ${roomsCall(ROOMS)}`))
  })
}

/** Holds each room's nights from one number of stays to another: half of them are past, half to come. */
async function fill(client: Client, from: number, to: number): Promise<void> {
  await client.query(
    `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
     select r.hotel_id, gen_random_uuid(), r.id, d, d + 2, 'RESERVATION'
     from generate_series($1::int, $2::int - 1) n, room r,
       lateral (select current_date + (case when n % 2 = 0 then 1 else -1 end) * (n / 2) * 3 - n % 2 * 3 as d) at`,
    [from, to],
  )
  await client.query('vacuum analyze occupancy')
}

function roomsCall(rooms: number): string {
  return `room_lines(current_date + 7, current_date + ${7 + NIGHTS}, null, (select id from location), null,
    null, null, null, ${rooms}, 0)`
}

function search(client: Client, rooms: number): Side {
  return explained(`${rooms} rooms`, client, roomsCall(rooms))
}

/** The same nights of the room types, which count all rooms of the location. */
function searchTypes(client: Client): Side {
  return explained(
    `a room type of ${ROOMS} rooms`,
    client,
    `room_type_nights(current_date + 7, current_date + ${7 + NIGHTS}, null, (select id from location), null,
      null, null, null, null, 50, 0)`,
  )
}

/** The time that the database itself says it took: the median of a round. */
function explained(name: string, client: Client, call: string): Side {
  return {
    name,
    by: 'explain analyze',
    inFlight: 1,
    async round(seconds) {
      const times: number[] = []
      const end = performance.now() + seconds * 1_000
      while (performance.now() < end) {
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, buffers, timing off) select * from ${call}`,
        )
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
        times.push(Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1]))
      }
      const sorted = ascending(times)
      const p50 = quantile(sorted, 0.5)
      return { value: p50, calls: times.length, p50, p99: quantile(sorted, 0.99) }
    },
  }
}
/** The plan of the statement inside a function, which `explain` does not show. */
async function planInside(client: Client, text: string): Promise<string> {
  const plans: string[] = []
  const hear = ({ message = '' }: { message?: string | undefined }) => void plans.push(message)
  client.on('notice', hear)
  await client.query(`load 'auto_explain'; set client_min_messages = log; set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
    set auto_explain.log_timing = off`)
  await client.query(text)
  await client.query('set auto_explain.log_min_duration = -1; reset client_min_messages')
  client.off('notice', hear)
  return plans.find((plan) => plan.includes('occupancy')) ?? ''
}
