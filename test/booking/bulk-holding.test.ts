import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  // Holds that have lapsed stay until a claim meets them.
  suite = await startSuite({ gateway: false, redis: false, env: { reservations: { HOLD_SWEEP_SECONDS: '3600' } } })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

type Leg = { claim: number; room: string; from: number; to: number }

/** Claims for few rooms, so that many collide; some of several rooms. */
function randomClaims(rooms: string[], count: number, several: number): Leg[] {
  return Array.from({ length: count }, (_, claim) => {
    const from = Math.floor(Math.random() * 60)
    const to = from + 1 + Math.floor(Math.random() * 8)
    const wanted = Math.random() < several ? 2 : 1
    const first = Math.floor(Math.random() * rooms.length)
    return Array.from({ length: wanted }, (_, n) => ({
      claim,
      room: rooms[(first + n) % rooms.length] ?? '',
      from,
      to,
    }))
  }).flat()
}

/** Runs the claims in a hotel of their own; gives what each got, what is held then, by claim, and which holds are gone. */
async function held(program: string, legs: Leg[], before: Leg[], lapsed: Leg[]) {
  const hotel = randomUUID()
  const holders = new Map(legs.map(({ claim }) => [claim, randomUUID()]))
  const nobody = randomUUID()
  const call = (name: string, all: Leg[], holder: (leg: Leg) => string) =>
    suite.sql<{ claim: number; held: boolean; in_the_way: unknown[] | null }>(
      'reservations',
      `select claim, held, in_the_way from ${name}($1, $2, $3, $4, $5, $6, $7, null, clock_timestamp()) order by claim`,
      [
        all.map(({ claim }) => claim),
        all.map(() => hotel),
        all.map(holder),
        all.map(() => 'RESERVATION'),
        all.map(({ room }) => room),
        all.map(({ from }) => day(from)),
        all.map(({ to }) => day(to)),
      ],
    )
  await call('hold_rooms', before, () => nobody)
  const holds = await holdsUntilNow(hotel, lapsed)
  const outcomes = await call(program, legs, ({ claim }) => holders.get(claim) ?? '')
  const rows = await suite.sql<{ holder_id: string; room_id: string; in_date: string }>(
    'reservations',
    `select holder_id, room_id, in_date::text, out_date::text from occupancy
     where hotel_id = $1 and holder_id = any($2) order by room_id, in_date`,
    [hotel, [...holders.values()]],
  )
  const gone = await suite.sql<{ id: string }>(
    'reservations',
    'select id from reservation where hotel_id = $1 and delete_time is not null',
    [hotel],
  )
  const claimOf = new Map<string, number>([...holders].map(([claim, id]) => [id, claim]))
  return {
    outcomes: outcomes.map(({ claim, held }) => [claim, held]),
    explained: outcomes.every(({ held, in_the_way }) => held === (in_the_way === null) && in_the_way?.length !== 0),
    legs: rows.map(({ holder_id, ...leg }) => ({ claim: claimOf.get(holder_id), ...leg })),
    gone: gone.map(({ id }) => holds.indexOf(id)).sort((a, b) => a - b),
  }
}

/** Holds of these legs, as far as they can be had, whose time has come but that nobody has deleted; their ids. */
async function holdsUntilNow(hotel: string, legs: Leg[]): Promise<string[]> {
  const ids = legs.map(() => randomUUID())
  await suite.sql('reservations', 'insert into feed_head (hotel_id) values ($1)', [hotel])
  await suite.sql(
    'reservations',
    `with held as (
       insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
       select $1, l.*, 'RESERVATION', now() from unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[]) l
       on conflict do nothing returning *
     )
     insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time,
       update_time, updated_by, hold_until)
     select hotel_id, holder_id, $1, in_date, out_date, 'PENDING', $1, array[room_id], now(), now(), 'test', hold_until
     from held`,
    [hotel, ids, legs.map(({ room }) => room), legs.map(({ from }) => day(from)), legs.map(({ to }) => day(to))],
  )
  return ids
}

test.each([
  ['of one room each', 6, 0],
  ['of two rooms, some', 6, 0.4],
  ['of two rooms, of which few collide', 60, 0.4],
])('claims %s get in bulk what they get one by one', async (_, number, several) => {
  const rooms = Array.from({ length: number }, () => randomUUID())
  for (let round = 0; round < 8; round++) {
    const before = randomClaims(rooms, 1, 1)
    const lapsed = round % 2 === 0 ? [] : randomClaims(rooms, number, 0)
    // Few enough at times that all succeed, which is the way of most batches.
    const legs = randomClaims(rooms, round < 2 ? 2 : 60, several)
    const one = await held('hold_rooms', legs, before, lapsed)
    const bulk = await held('hold_rooms_in_bulk', legs, before, lapsed)
    expect(bulk).toEqual(one)
    expect(bulk.explained).toBe(true)
  }
})
