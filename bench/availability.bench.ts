import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { administer, databaseUrl } from '@hotel/stack/provision'
import { startStack } from '@hotel/stack/stack'
import type { Client } from 'pg'

const ROOMS = 500
const SEARCHES = 50
/** Nights held of each room, two of three, in steps towards a million. */
const STAYS_OF_A_ROOM = [20, 200, 2_000]

/**
 * What a search for free rooms costs: 14 nights in a location of 500 rooms, with ever more history behind it, in Postgres
 * alone. The peer is the same search for 50 of these rooms: it grows with the rooms asked for, not with the history.
 */
export async function bench(): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'hotel-bench-'))
  closing.defer(() => rm(dataDir, { recursive: true, force: true }))
  const stack = await startStack({ dataDir, gateway: false, redis: false, logLevel: 'warn' })
  closing.defer(() => stack.stop())
  await administer(databaseUrl(stack.postgres?.url ?? '', 'reservations'), async (client) => {
    await client.query(
      `insert into room (hotel_id, id, location_id, number, version)
       select hotel_id, gen_random_uuid(), id, n, 1 from location, generate_series(1, $1) n`,
      [ROOMS],
    )
    let before = 0
    for (const stays of STAYS_OF_A_ROOM) {
      await fill(client, before, stays)
      before = stays
      const whole = await search(client, ROOMS)
      const part = await search(client, ROOMS / 10)
      console.log(
        `\n${(ROOMS * stays).toLocaleString('en')} held stays: ${ROOMS} rooms ${whole.median.toFixed(2)} ms (${whole.buffers} pages), ` +
          `${ROOMS / 10} rooms ${part.median.toFixed(2)} ms (${part.buffers} pages): ${(whole.median / part.median).toFixed(1)} ×`,
      )
      const nights = await searchTypes(client)
      console.log(
        `  of the room type, night by night, all ${ROOMS} rooms: ${nights.median.toFixed(2)} ms (${nights.buffers} pages)`,
      )
      if (stays === STAYS_OF_A_ROOM.at(-1)) console.log(whole.plan)
    }
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

type Cost = { readonly median: number; readonly buffers: number }

/** A search of 14 nights for so many rooms, as the database itself measures it. */
async function search(client: Client, rooms: number): Promise<Cost & { readonly plan: string }> {
  const call = `room_availability(current_date + 7, current_date + 21, null, (select id from location), null,
    null, null, null, ${rooms}, 0)`
  return { ...(await costOf(client, call)), plan: await planInside(client, `select * from ${call}`) }
}

/** The same nights of the room types, which count all rooms of the location. */
function searchTypes(client: Client): Promise<Cost> {
  return costOf(
    client,
    `room_type_nights(current_date + 7, current_date + 21, null, (select id from location), null,
      null, null, null, null, 50, 0)`,
  )
}

async function costOf(client: Client, call: string): Promise<Cost> {
  const plans: string[] = []
  for (let n = 0; n < SEARCHES; n++) {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, buffers, timing off) select * from ${call}`,
    )
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
  }
  const times = plans.map((plan) => Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1])).sort((a, b) => a - b)
  const buffers = Number(/shared hit=(\d+)/.exec(plans.at(-1) ?? '')?.[1])
  return { median: times[SEARCHES / 2] ?? Number.NaN, buffers }
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
