import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { RichClientError } from 'nice-grpc-error-details'
import { movableClock } from '../desk/clock.ts'
import { startSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom, pick } from '../support/hotel.ts'
import { randomFrom } from '../support/random.ts'
import { type CacheSuite, cacheSuiteOf, lists } from './cache-suite.ts'

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status

let cached: CacheSuite
let clock: Awaited<ReturnType<typeof movableClock>>
const minute = 60_000
beforeAll(async () => {
  clock = await movableClock()
  const suite = await startSuite({ gateway: false, instances: { reservations: 2 }, clockFile: clock.file })
  cached = await cacheSuiteOf(suite, () => (clock.now().getTime() - Date.now()) / 1_000)
  await eventually(async () => expect(await cached.metric('redis_up')).toBe(2))
})
afterAll(async () => {
  await cached?.[Symbol.asyncDispose]()
  await clock?.[Symbol.asyncDispose]()
})

describe('a page of current and upcoming', () => {
  test.each([4, 5])(
    'is what the base tables say after each of random writes by two instances, seed %d',
    async (seed) => {
      const { suite, instances } = cached
      const random = randomFrom(seed)
      const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${seed}` })
      const zones = ['UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'Europe/Zurich']
      const locations: string[] = []
      const rooms: string[] = []
      const guests: string[] = []
      const reservations: string[] = []
      const open = async () => {
        const location = await suite.locations.createLocation({ hotel, name: 'L', time_zone: pick(zones, random) })
        locations.push(location.id)
        for (let n = 0; n < 2; n++)
          rooms.push((await suite.rooms.createRoom({ number: freshNumber(), location: location.id })).id)
      }
      await open()
      for (const first_name of ['Ada', 'Bo']) guests.push((await suite.guests.createGuest({ hotel, first_name })).id)

      const some = () => pick(instances, random)
      const operations: (() => Promise<unknown>)[] = [
        async () => {
          const from = Math.floor(random() * 6) - 3
          const dates = { in_date: day(from), out_date: day(from + Math.floor(random() * 4)) }
          const made = await some().createReservation({
            guest: pick(guests, random),
            room: pick(rooms, random),
            ...dates,
          })
          reservations.push(made.id)
        },
        () => some().updateReservation({ id: pick(reservations, random), out_date: day(Math.floor(random() * 5)) }),
        () => some().updateReservation({ id: pick(reservations, random), room: pick(rooms, random) }),
        () => some().updateReservation({ id: pick(reservations, random), status: CHECKED_IN }),
        () => some().updateReservation({ id: pick(reservations, random), status: CHECKED_OUT, out_date: day() }),
        () => some().deleteReservation({ id: pick(reservations, random) }),
        () => some().undeleteReservation({ id: pick(reservations, random) }),
        () => suite.guests.updateGuest({ id: pick(guests, random), first_name: `G${Math.floor(random() * 1e6)}` }),
        () => suite.rooms.updateRoom({ id: pick(rooms, random), number: freshNumber() }),
        () => suite.locations.updateLocation({ id: pick(locations, random), time_zone: pick(zones, random) }),
        () => (locations.length < 3 ? open() : Promise.resolve()),
      ]
      for (let step = 0; step < 45; step++) {
        const operation = reservations.length < 3 ? operations[0] : pick(operations, random)
        await operation?.().catch((error: unknown) => expect(error).toBeInstanceOf(RichClientError))
        const filters = [
          {},
          { hotel },
          { location: pick(locations, random) },
          { hotel, location: pick(locations, random) },
        ]
        await cached.demandFresh(pick(lists, random), filters, pick([0, 1, 3], random))
      }
      expect(await cached.reads('hit')).toBeGreaterThan(20)
    },
    60_000,
  )

  test('shows each write as soon as it is answered, while others write and read', async () => {
    const { suite, instances } = cached
    const { id: location } = await suite.locations.createLocation({ name: 'Busy', time_zone: 'UTC' })
    const guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
    const list = (instance: number) => instances[instance % 2]?.listCurrent({ location })
    let writing = true
    const readers = [0, 1].map(async (n) => {
      while (writing) await list(n)
    })
    const writers = [0, 1, 2, 3].map(async (n) => {
      const room = (await suite.rooms.createRoom({ number: freshNumber(), location })).id
      const writer = instances[n % 2]
      for (let round = 0; round < 12; round++) {
        const made = await writer?.createReservation({ guest, room, in_date: day(), out_date: day(1) })
        const seen = await list(n + 1)
        expect(seen?.reservations.map((stay) => stay.reservation)).toContain(made?.id)
        await writer?.deleteReservation({ id: made?.id ?? '' })
        const gone = await list(n + 1)
        expect(gone?.reservations.map((stay) => stay.reservation)).not.toContain(made?.id)
      }
    })
    await Promise.all(writers).finally(() => {
      writing = false
    })
    await Promise.all(readers)
  }, 60_000)

  test('would be stale if the view changed without its head: the tests above see that', async () => {
    const { suite } = cached
    const { guest, room } = await guestAndRoom(suite)
    const filters = [{ hotel: (await suite.rooms.getRoom({ id: room })).hotel }]
    await cached.demandFresh('listCurrent', filters)
    const triggers = (what: string) =>
      suite.sql('reservations', `alter table current_and_upcoming ${what} trigger user`)
    await triggers('disable')
    try {
      await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
      await expect(cached.demandFresh('listCurrent', filters)).rejects.toThrow()
    } finally {
      await triggers('enable')
    }
    await suite.sql('reservations', 'select rebuild_current_and_upcoming()')
    await cached.demandFresh('listCurrent', filters)
  })

  test('comes from Redis when nothing has changed, whichever instance put it there', async () => {
    const { suite, instances, redis } = cached
    const { id: hotel } = await suite.hotels.createHotel({ name: 'Quiet' })
    const { id: location } = await suite.locations.createLocation({ hotel, name: 'Quiet', time_zone: 'UTC' })
    const room = (await suite.rooms.createRoom({ number: freshNumber(), location })).id
    const guest = (await suite.guests.createGuest({ hotel, first_name: 'Perdita', last_name: 'Unmistakable' })).id
    await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
    // Redis is not waited for long: on a machine that is busy at this moment, once more.
    await eventually(async () => {
      const made = await instances[0].listCurrentAndUpcoming({ location })
      expect(made.reservations).toMatchObject([{ first_name: 'Perdita' }])
      const before = await cached.reads('hit')
      expect(await instances[1].listCurrentAndUpcoming({ location })).toEqual(made)
      expect(await instances[0].listCurrentAndUpcoming({ location })).toEqual(made)
      expect(await cached.reads('hit')).toBe(before + 2)
    })

    // Nobody who looks into Redis reads a name there, and nothing stays.
    for (const key of await redis.keys('hotel:*')) {
      expect(await redis.pttl(key)).not.toBe(-1)
      expect((await redis.getBuffer(key))?.toString('latin1') ?? '').not.toContain('Unmistakable')
    }
  })

  test('of more locations than are worth it is not kept, and is as true', async () => {
    const { suite, redis } = cached
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
    const { hotel, location } = await suite.reservations.getReservation({ id })
    await suite.sql(
      'reservations',
      `insert into location (hotel_id, id, name, time_zone, version)
       select $1, gen_random_uuid(), 'Branch', 'UTC', 1 from generate_series(1, 60)`,
      [hotel],
    )
    await redis.flushall()
    for (const list of lists) await cached.demandFresh(list, [{}, { hotel }], 2)
    expect(await redis.keys('hotel:stays:*')).toEqual([])
    await eventually(async () => {
      await cached.demandFresh('listCurrent', [{ location }], 2)
      expect(await redis.keys('hotel:stays:*')).not.toEqual([])
    })
  })

  test('loses a hold at the moment that it lapses, although nobody has changed anything', async () => {
    const { suite, instances } = cached
    const { id: hotel } = await suite.hotels.createHotel({ name: 'Holding' })
    const { id: location } = await suite.locations.createLocation({ hotel, name: 'H', time_zone: 'UTC' })
    const guest = (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id
    const began = Date.now()
    const ends = [2, 4].map((minutes) => new Date(began + minutes * minute))
    const held: string[] = []
    for (const hold_until of [...ends, undefined]) {
      const room = (await suite.rooms.createRoom({ number: freshNumber(), location })).id
      const dates = { in_date: day(), out_date: day(2) }
      const more = hold_until === undefined ? {} : { hold_until }
      held.push((await instances[0].createReservation({ guest, room, ...dates, ...more })).id)
    }
    const listed = async () => {
      const answers = await Promise.all(instances.map((client) => client.listCurrentAndUpcoming({ location })))
      return answers.map(({ reservations }) => reservations.map((stay) => stay.reservation).sort())
    }
    for (const [lapsed, minutes] of [0, 3, 5].entries()) {
      await clock.set(new Date(began + minutes * minute))
      const left = held.slice(lapsed).sort()
      expect(await listed()).toEqual([left, left])
      await eventually(async () => {
        const before = await cached.reads('hit')
        expect(await listed()).toEqual([left, left])
        expect(await cached.reads('hit')).toBe(before + 2)
      })
    }
    await clock.set(new Date())
  })

  test('turns at the midnight of its location, although the page before is kept', async () => {
    const { suite, instances } = cached
    await clock.set(new Date('2027-06-30T09:30:00Z'))
    const { id: location } = await suite.locations.createLocation({ name: 'K', time_zone: 'Pacific/Kiritimati' })
    const guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
    const room = (await suite.rooms.createRoom({ number: freshNumber(), location })).id
    for (const in_date of ['2027-06-30', '2027-07-01'])
      await suite.reservations.createReservation({ guest, room, in_date, out_date: in_date })
    const days = async () => {
      const answers = await Promise.all(instances.map((client) => client.listCurrent({ location })))
      return answers.map(({ reservations }) => reservations.map((stay) => stay.in_date))
    }
    await eventually(async () => {
      const before = await cached.reads('hit')
      expect(await days()).toEqual([['2027-06-30'], ['2027-06-30']])
      expect(await cached.reads('hit')).toBe(before + 2)
    })
    await clock.set(new Date('2027-06-30T10:00:00Z'))
    expect(await days()).toEqual([['2027-07-01'], ['2027-07-01']])
    await clock.set(new Date())
  })
})
