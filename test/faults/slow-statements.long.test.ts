import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Clients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { endsOf } from '../support/ends.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'
import { waiting, whileLocked } from '../support/locks.ts'

// A statement of one hotel hangs in Postgres, as one that works or waits for the disk without an end.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

type House = { readonly hotel: string; readonly room: string; readonly guest: string; readonly desk: Clients }

async function newHouse(): Promise<House> {
  const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: room } = await suite.rooms.createRoom({ location, number: freshNumber() })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  const desk = suite.clientsWith(await suite.token({ hotels: [hotel], subject: `desk of ${hotel}` })).gateway
  return { hotel, room, guest, desk }
}

/** What the desk of another hotel does meanwhile: each of it has to be answered. */
async function work({ hotel, room, guest, desk }: House, turn: number): Promise<void> {
  const stay = { guest, room, in_date: day(turn), out_date: day(turn + 1) }
  await Promise.all([
    desk.guests.getGuest({ id: guest }),
    desk.guests.listGuests({ hotel }),
    desk.guests.createGuest({ hotel, first_name: `Guest ${turn}` }),
    desk.reservations.createReservation(stay),
    desk.reservations.listReservations({ hotel }),
    desk.reservations.listCurrentAndUpcoming({ hotel }),
  ])
  expect((await suite.rest('GET', '/healthz')).status).toBe(200)
}

/** Works in another hotel until these calls have ended; gives their ends. */
async function endsWhileWorking(other: House, calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  let isOver = false
  const ends = endsOf(calls).finally(() => (isOver = true))
  let turns = 0
  for (; !isOver; turns++) await work(other, turns)
  expect(turns).toBeGreaterThan(3)
  return ends
}

/** The pool has all its places again, and no work waits for one. */
async function poolIsWhole(service: ServiceName): Promise<void> {
  await eventually(async () => {
    const text = await (await fetch(`http://${suite.stack.metricsAddresses[service][0]}/metrics`)).text()
    expect(text).toMatch(/^db_client_connection_count\{state="used"\} 0$/m)
    expect(text).toMatch(/^db_client_connection_pending_requests 0$/m)
  }, 20_000)
}

const many = (count: number, call: (n: number) => Promise<unknown>) =>
  Array.from({ length: count }, (_, n) => () => call(n))
const ENDED = ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED with RetryInfo', 'UNAVAILABLE with RetryInfo']

/** Has each row of a hotel that is written to a table wait for a minute, while `act` runs. */
async function whileSlow(service: ServiceName, table: string, hotel: string, act: () => Promise<void>): Promise<void> {
  await suite.sql(
    service,
    `create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
     create trigger a_slow_one before insert or update on ${table} for each row
       when (new.hotel_id = '${hotel}') execute function slowly()`,
  )
  try {
    await act()
  } finally {
    await suite.sql(service, 'drop function slowly cascade')
  }
}

test('writes that hang are ended, each with when to repeat; other hotels write and read; the pool is whole afterwards', async () => {
  const [slow, other] = [await newHouse(), await newHouse()]
  const stay = { guest: slow.guest, room: slow.room, in_date: day(1), out_date: day(2) }
  const { id } = await slow.desk.reservations.createReservation(stay)
  await whileSlow('guests', 'guest', slow.hotel, () =>
    whileSlow('reservations', 'reservation', slow.hotel, async () => {
      const ends = await endsWhileWorking(other, [
        ...many(12, (n) => slow.desk.guests.createGuest({ hotel: slow.hotel, first_name: `Slow ${n}` })),
        ...many(12, (n) => slow.desk.reservations.updateReservation({ id, note: `late ${n}` })),
      ])
      expect(ends.filter((end) => !ENDED.includes(end))).toEqual([])
    }),
  )
  for (const service of ['guests', 'reservations'] as const) await poolIsWhole(service)
  await slow.desk.guests.createGuest({ hotel: slow.hotel, first_name: 'Grace' })
  await slow.desk.reservations.updateReservation({ id, note: 'on time' })
  // None of what was ended has left anything.
  const names = (await slow.desk.guests.listGuests({ hotel: slow.hotel })).guests.map(({ first_name }) => first_name)
  expect(names.sort()).toEqual(['Ada', 'Grace'])
  await demandViewIsTrue(suite)
})

test('reads that hang are ended, and take not all connections: other hotels write and read', async () => {
  const [slow, other] = [await newHouse(), await newHouse()]
  const [{ list } = { list: '' }] = await suite.sql<{ list: string }>(
    'guests',
    `select pg_get_functiondef('list_guests'::regproc) as list`,
  )
  const slowly = list.replace(
    /\bbegin\b/i,
    `begin if '${slow.hotel}' = any(of_hotel) then perform pg_sleep(60); end if;`,
  )
  expect(slowly).not.toBe(list)
  await suite.sql('guests', slowly)
  try {
    const lists = many(40, () => slow.desk.guests.listGuests({ hotel: slow.hotel }))
    const ends = await endsWhileWorking(other, lists)
    expect(ends.filter((end) => !ENDED.includes(end))).toEqual([])
  } finally {
    await suite.sql('guests', list)
  }
  await poolIsWhole('guests')
  expect((await slow.desk.guests.listGuests({ hotel: slow.hotel })).guests).toHaveLength(1)
})

test('while a table is locked, calls about it end with when to repeat; afterwards the pool is whole', async () => {
  const { hotel, guest, desk } = await newHouse()
  const calls = [
    ...many(12, () => desk.guests.getGuest({ id: guest })),
    ...many(12, (n) => desk.guests.createGuest({ hotel, first_name: `Guest ${n}` })),
  ]
  const whileTaken = async () => {
    const ended = endsOf(calls)
    await waiting(suite, 'guests', 'Lock')
    // What needs no guest from there goes on, and the service is there.
    await desk.rooms.listRooms({ hotel })
    await desk.reservations.listReservations({ hotel })
    expect((await suite.rest('GET', '/healthz')).status).toBe(200)
    expect((await ended).filter((end) => !ENDED.includes(end))).toEqual([])
  }
  await whileLocked(suite, 'guests', whileTaken, 'lock table guest in access exclusive mode')
  await poolIsWhole('guests')
  expect((await desk.guests.listGuests({ hotel })).guests).toHaveLength(1)
})
