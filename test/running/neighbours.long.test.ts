import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { endOf } from '../support/ends.ts'
import { day, demandViewIsTrue, eventually } from '../support/hotel.ts'
import { whileLocked } from '../support/locks.ts'
import { transfers } from '../transfer/transfers.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ redis: false, env: { reservations: { HOLD_SWEEP_SECONDS: '1' } } })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A hotel with a room, a reservation and guests that the reservations service does not know by a call. */
type FullHotel = { hotel: string; room: string; guest: string; reservation: string; guests: string[] }

async function newHouse(guests: number): Promise<FullHotel> {
  const { id: hotel } = await suite.hotels.createHotel({ name: 'FullHotel' })
  const location = await suite.locations.createLocation({ hotel, name: 'Here', time_zone: 'UTC' })
  const { id: room } = await suite.rooms.createRoom({ location: location.id, number: '1' })
  const made = await Promise.all(
    Array.from({ length: guests + 1 }, () => suite.guests.createGuest({ hotel, first_name: 'Ada' })),
  )
  const [guest = '', ...others] = made.map(({ id }) => id)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  return { hotel, room, guest, reservation: id, guests: others }
}

/** Every kind of call that takes the head of a hotel in some service. */
function writesOf({ hotel, room, guest, reservation, guests }: FullHotel, fresh: string): (() => Promise<unknown>)[] {
  const { gateway } = suite
  const [deleted = '', erased = ''] = guests
  const named = { room, in_date: day(5), out_date: day(6) }
  return [
    () => gateway.guests.createGuest({ hotel, first_name: 'Grace' }),
    // Nobody has told the reservations service of this guest yet.
    () => gateway.reservations.createReservation({ guest: fresh, ...named }),
    () => gateway.reservations.createReservation({ guest, ...named }),
    () => gateway.reservations.updateReservation({ id: reservation, note: 'late' }),
    () => gateway.blocks.createRoomBlock({ room, in_date: day(8), out_date: day(9) }),
    () => gateway.guests.deleteGuest({ id: deleted }),
    () => gateway.guests.eraseGuest({ id: erased }),
    async () => {
      using guests = transfers(suite, 'guests')
      await guests.import({ guests: [{ id: randomUUID(), hotel, first_name: 'Imported' }] })
    },
  ]
}

/** What another hotel's desk does all the while; each of it has to be answered. */
async function work({ room, guest, hotel, reservation }: FullHotel, turn: number): Promise<void> {
  const { gateway } = suite
  const made = await gateway.guests.createGuest({ hotel, first_name: `Guest ${turn}` })
  const dates = { in_date: day(10 + turn), out_date: day(11 + turn) }
  const [health] = await Promise.all([
    suite.rest('GET', '/healthz'),
    gateway.reservations.getReservation({ id: reservation }),
    gateway.reservations.createReservation({ guest: made.id, room, ...dates }),
    gateway.guests.getGuest({ id: guest }),
    gateway.guests.listGuests({ hotel }),
    gateway.reservations.listReservations({ hotel }),
    gateway.reservations.listCurrentAndUpcoming({ hotel }),
    gateway.rooms.listRooms({ hotel }),
  ])
  expect(health.status).toBe(200)
}

/** Holds the heads of these hotels in two services, while each has a guest whom the reservations service could not follow. */
function withHeadsOf(houses: readonly FullHotel[], act: (fresh: ReadonlyMap<FullHotel, string>) => Promise<void>) {
  const statement = `select 1 from feed_head where hotel_id in (${houses.map(({ hotel }) => `'${hotel}'`).join()}) for update`
  const locked = async () => {
    const fresh = new Map<FullHotel, string>()
    for (const house of houses)
      fresh.set(house, (await suite.guests.createGuest({ hotel: house.hotel, first_name: 'Fresh' })).id)
    await whileLocked(suite, 'guests', () => act(fresh), statement)
  }
  return whileLocked(suite, 'reservations', locked, statement)
}

describe.each([1, 3, 20])('while the heads of %d hotels are held', (count) => {
  test('other hotels are served, the calls of these end as UNAVAILABLE in time, and all is well afterwards', async () => {
    const other = await newHouse(0)
    const locked: FullHotel[] = []
    for (let n = 0; n < count; n++) locked.push(await newHouse(2))
    const each = Math.ceil(12 / count)
    let ends: string[] = []
    let turns = 0
    await withHeadsOf(locked, async (fresh) => {
      let running = true
      const calls = locked.flatMap((house) =>
        Array.from({ length: each }, () => writesOf(house, fresh.get(house) ?? '')).flat(),
      )
      const waiting = Promise.allSettled(calls.map((call) => call())).finally(() => {
        running = false
      })
      do {
        await work(other, turns++)
        // What is known of a hotel is read while nobody can write there.
        for (const { reservation, guest } of locked.slice(0, 2)) {
          await suite.gateway.reservations.getReservation({ id: reservation })
          await suite.gateway.guests.getGuest({ id: guest })
        }
        // Other tests run beside this one.
        await sleep(100)
      } while (running)
      ends = (await waiting).map(endOf)
    })
    expect(
      Map.groupBy(ends, (end) => end)
        .keys()
        .toArray(),
    ).toEqual(['UNAVAILABLE with RetryInfo'])
    expect(turns).toBeGreaterThan(2)

    // Calls that had begun are finished or taken back by themselves; the other hotel has all that was acknowledged to it.
    for (const { reservation, room, hotel, guests } of locked) {
      const guest = await eventually(() => suite.gateway.guests.createGuest({ hotel, first_name: 'Later' }), 20_000)
      const stay = { guest: guest.id, room, in_date: day(5), out_date: day(6) }
      await eventually(() => suite.gateway.reservations.createReservation(stay), 20_000)
      await suite.gateway.reservations.updateReservation({ id: reservation, note: 'on time' })
      await eventually(() => suite.gateway.guests.eraseGuest({ id: guests[1] ?? '' }), 20_000)
    }
    const { reservations } = await suite.reservations.listReservations({ hotel: other.hotel, page_size: 500 })
    expect(reservations).toHaveLength(turns + 1)
    await demandViewIsTrue(suite)
  }, 180_000)
})

test('a sweep deletes what lapsed', async () => {
  const { guest, room } = await newHouse(0)
  const hold_until = new Date(Date.now() + 1_000)
  const request = { guest, room, in_date: day(5), out_date: day(6), hold_until }
  const { id } = await suite.reservations.createReservation(request)
  await eventually(async () => {
    const rows = await suite.sql('reservations', 'select 1 from occupancy where holder_id = $1', [id])
    expect(rows).toEqual([])
  })
  const [row] = await suite.sql('reservations', 'select delete_time, updated_by from reservation where id = $1', [id])
  expect(row).toEqual({ delete_time: hold_until, updated_by: 'system' })
}, 30_000)

test('holds that lapse in other hotels are swept while the head of one is held, and there too afterwards', async () => {
  const [locked, other] = [await newHouse(0), await newHouse(0)]
  const until = new Date(Date.now() + 3_000)
  const hold = async ({ guest, room }: FullHotel) => {
    const dates = { in_date: day(5), out_date: day(6), hold_until: until }
    return (await suite.reservations.createReservation({ guest, room, ...dates })).id
  }
  const [left, swept] = [await hold(locked), await hold(other)]
  const isSwept = async (id: string) => {
    const [row] = await suite.sql<{ gone: boolean }>(
      'reservations',
      'select delete_time is not null as gone from reservation where id = $1',
      [id],
    )
    return row?.gone
  }
  const statement = `select 1 from feed_head where hotel_id = '${locked.hotel}' for update`
  const whileHeld = async () => {
    await eventually(async () => expect(await isSwept(swept)).toBe(true), 30_000)
    expect(await isSwept(left)).toBe(false)
  }
  await whileLocked(suite, 'reservations', whileHeld, statement)
  await eventually(async () => expect(await isSwept(left)).toBe(true), 30_000)
})

test('other hotels book while rows of twenty hotels are held by somebody who does not hold their heads', async () => {
  const other = await newHouse(0)
  const locked: FullHotel[] = []
  for (let n = 0; n < 20; n++) locked.push(await newHouse(0))
  const ids = locked.map(({ reservation }) => `'${reservation}'`).join()
  const change = ({ reservation }: FullHotel, n: number) =>
    suite.gateway.reservations.updateReservation({ id: reservation, note: `note ${n}` })
  const whileHeld = async () => {
    let running = true
    const waiting = Promise.allSettled([1, 2, 3, 4].flatMap((n) => locked.map((house) => change(house, n)))).finally(
      () => (running = false),
    )
    for (let turn = 0; running; turn++) await work(other, turn)
    const ends = new Set((await waiting).map(endOf))
    expect([...ends]).toEqual(['UNAVAILABLE with RetryInfo'])
  }
  await whileLocked(suite, 'reservations', whileHeld, `select 1 from reservation where id in (${ids}) for update`)
  for (const house of locked) await eventually(() => change(house, 5), 20_000)
}, 120_000)

test('other hotels book while rows of twenty hotels are held that a group of creates needs, and none of theirs fails', async () => {
  const other = await newHouse(0)
  const locked: FullHotel[] = []
  for (let n = 0; n < 20; n++) locked.push(await newHouse(0))
  const hotels = locked.map(({ hotel }) => `'${hotel}'`).join()
  const book = ({ guest, room }: FullHotel, n: number) =>
    suite.gateway.reservations.createReservation({ guest, room, in_date: day(20 + n), out_date: day(21 + n) })
  const whileHeld = async () => {
    let running = true
    const waiting = Promise.allSettled([1, 2].flatMap((n) => locked.map((house) => book(house, n)))).finally(
      () => (running = false),
    )
    // At once with them, and so in a group with them.
    await Promise.all([1, 2, 3].map((n) => book(other, 100 + n)))
    for (let turn = 0; running; turn++) await work(other, turn)
    expect([...new Set((await waiting).map(endOf))]).toEqual(['UNAVAILABLE with RetryInfo'])
  }
  await whileLocked(
    suite,
    'reservations',
    whileHeld,
    `select 1 from view_head where hotel_id in (${hotels}) for update`,
  )
  for (const house of locked) await eventually(() => book(house, 5), 20_000)
}, 120_000)
