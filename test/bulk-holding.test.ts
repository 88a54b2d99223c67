import { randomUUID } from 'node:crypto'
import { type Suite, startSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { day } from './hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
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

/** Runs the claims in a hotel of their own; gives what each got and what is held then, by claim. */
async function held(program: string, legs: Leg[], before: Leg[]) {
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
  const outcomes = await call(program, legs, ({ claim }) => holders.get(claim) ?? '')
  const rows = await suite.sql<{ holder_id: string; room_id: string; in_date: string }>(
    'reservations',
    `select holder_id, room_id, in_date::text, out_date::text from occupancy
     where hotel_id = $1 and holder_id <> $2 order by room_id, in_date`,
    [hotel, nobody],
  )
  const claimOf = new Map<string, number>([...holders].map(([claim, id]) => [id, claim]))
  return {
    outcomes: outcomes.map(({ claim, held }) => [claim, held]),
    explained: outcomes.every(({ held, in_the_way }) => held === (in_the_way === null) && in_the_way?.length !== 0),
    legs: rows.map(({ holder_id, ...leg }) => ({ claim: claimOf.get(holder_id), ...leg })),
  }
}

test.each([
  ['of one room each', 0],
  ['of two rooms, some', 0.4],
])('claims %s get in bulk what they get one by one', async (_, several) => {
  const rooms = Array.from({ length: 6 }, () => randomUUID())
  for (let round = 0; round < 8; round++) {
    const before = randomClaims(rooms, 1, 1)
    // Few enough at times that all succeed, which is the way of most batches.
    const legs = randomClaims(rooms, round < 2 ? 2 : 60, several)
    const [one, bulk] = [await held('hold_rooms', legs, before), await held('hold_rooms_in_bulk', legs, before)]
    expect(bulk).toEqual(one)
    expect(bulk.explained).toBe(true)
  }
})
