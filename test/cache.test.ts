import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import { Client } from 'pg'
import { type CacheSuite, lists, startCacheSuite } from './cache-suite.ts'
import { holdingProxy } from './holding-proxy.ts'
import { day, eventually, freshNumber, guestAndRoom, pick, randomFrom } from './hotel.ts'

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status

let cached: CacheSuite
let folder: string
let clockFile: string
let offset = 0
let proxy: Awaited<ReturnType<typeof holdingProxy>>
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'clock-'))
  clockFile = path.join(folder, 'offset')
  await setClock(0)
  proxy = await holdingProxy()
  const through = (instance: number, { REDIS_URL = '' }: Readonly<Record<string, string>>) =>
    instance === 0 ? { REDIS_URL: proxy.to(REDIS_URL) } : { REDIS_URL }
  cached = await startCacheSuite({ clockFile, env: { reservations: through } }, () => offset)
  await eventually(async () => expect(await cached.metric('redis_up')).toBe(2))
})
afterAll(async () => {
  await cached?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function setClock(seconds: number): Promise<void> {
  offset = seconds
  await writeFile(`${clockFile}.new`, String(seconds))
  await rename(`${clockFile}.new`, clockFile)
}

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
      expect(await cached.reads('stays', 'hit')).toBeGreaterThan(20)
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

  test('comes from Redis when nothing has changed, whichever instance put it there, and whatever the filter is called', async () => {
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
      const before = await cached.reads('stays', 'hit')
      expect(await instances[1].listCurrentAndUpcoming({ location })).toEqual(made)
      expect(await instances[1].listCurrentAndUpcoming({ hotel })).toEqual(made)
      expect(await cached.reads('stays', 'hit')).toBe(before + 2)
    })

    // Nobody who looks into Redis reads a name there, and nothing stays.
    for (const key of await redis.keys('hotel:*')) {
      expect(await redis.pttl(key)).not.toBe(-1)
      expect((await redis.getBuffer(key))?.toString('latin1') ?? '').not.toContain('Unmistakable')
    }
  })

  test('turns at the midnight of its location, although the page before is kept', async () => {
    const { suite, instances } = cached
    await setClock((Temporal.Instant.from('2027-06-30T09:59:50Z').epochMilliseconds - Date.now()) / 1_000)
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
      const before = await cached.reads('stays', 'hit')
      expect(await days()).toEqual([['2027-06-30'], ['2027-06-30']])
      expect(await cached.reads('stays', 'hit')).toBe(before + 2)
    })
    await setClock(offset + 10)
    expect(await days()).toEqual([['2027-07-01'], ['2027-07-01']])
    await setClock(0)
  })
})

describe('a reservation by id', () => {
  const keyOf = (id: string) => `hotel:reservation:1:${id}`
  const booked = async () => {
    const { guest, room } = await guestAndRoom(cached.suite)
    return cached.instances[0].createReservation({ guest, room, in_date: day(), out_date: day(1) })
  }

  test('is kept by the write before it is answered, and is what the other instance reads', async () => {
    const [first, second] = cached.instances
    const hits = () => cached.reads('reservation', 'hit')
    // A value is kept for two seconds only: a machine that was busy for so long gets another try.
    await eventually(async () => {
      const { id } = await booked()
      const before = await hits()
      await first.updateReservation({ id, note: 'by the first' })
      expect(await second.getReservation({ id })).toMatchObject({ note: 'by the first', etag: '"2"' })
      await second.deleteReservation({ id })
      expect((await first.getReservation({ id })).delete_time).toBeDefined()
      expect(await hits()).toBe(before + 2)
    })
  })

  test('is kept by a read, and gone from Redis after two seconds', async () => {
    const { id } = await booked()
    await cached.redis.del(keyOf(id))
    await cached.instances[1].getReservation({ id })
    await eventually(async () => {
      const left = await cached.redis.pttl(keyOf(id))
      expect(left === -2 || left <= 2_000).toBe(true)
      expect(left).not.toBe(-1)
      expect(left).toBe(-2)
    })
  })

  test('a repeated write answers as it did first, and that is not kept', async () => {
    const { suite, instances } = cached
    const { guest, room } = await guestAndRoom(suite)
    const request = { guest, room, in_date: day(), out_date: day(1) }
    const key = () => ({ metadata: Metadata({ 'idempotency-key': `once-${room}` }) })
    const { id } = await instances[0].createReservation(request, key())
    await instances[1].updateReservation({ id, note: 'changed' })
    await cached.redis.flushall()
    expect(await instances[0].createReservation(request, key())).toMatchObject({ id, etag: '"1"' })
    expect(await instances[0].getReservation({ id })).toMatchObject({ etag: '"2"', note: 'changed' })
  })

  /**
   * The first instance reads version 1, and what it then sends to Redis is on its way; the second writes version 2.
   * Gives how the sending arrives, once it has.
   */
  async function slowReader(): Promise<{ id: string; arrive: () => Promise<void> }> {
    const { suite, instances, redis } = cached
    const [{ id }, other] = await Promise.all([booked(), booked()])
    await redis.del(keyOf(id))
    const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
    await lock.connect()
    await lock.query('set idle_in_transaction_session_timeout = 0')
    await lock.query('begin')
    await lock.query('lock table reservation in access exclusive mode')
    const reading = instances[0].getReservation({ id })
    await eventually(async () => {
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      expect(await suite.sql('reservations', waiting)).toHaveLength(1)
    })
    proxy.hold()
    await lock.end()
    expect(await reading).toMatchObject({ etag: '"1"' })
    await eventually(async () => expect(proxy.held()).toBeGreaterThan(0))
    await instances[1].updateReservation({ id, note: 'newer' })
    return {
      id,
      arrive: async () => {
        proxy.release()
        // On the same connection: when this is answered, what was sent before has been done.
        await instances[0].getReservation({ id: other.id })
      },
    }
  }

  test('an older version that reaches Redis late does not replace a newer one', async () => {
    const { id, arrive } = await slowReader()
    await arrive()
    for (const client of cached.instances) expect(await client.getReservation({ id })).toMatchObject({ etag: '"2"' })
  })

  test('an older version that reaches Redis after two seconds is not read at all', async () => {
    const { id, arrive } = await slowReader()
    await eventually(async () => expect(await cached.redis.exists(keyOf(id))).toBe(0))
    await arrive()
    for (const client of cached.instances) expect(await client.getReservation({ id })).toMatchObject({ etag: '"2"' })
  })

  /** A reservation that is in Redis, and its value there: a busy machine may need another try. */
  const kept = () =>
    eventually(async () => {
      const { id } = await booked()
      const value = await cached.redis.getBuffer(keyOf(id))
      if (value === null) throw new Error('nothing was kept')
      return { id, value }
    })

  test('an instance whose write did not reach Redis reads what it wrote; the other does within the two seconds', async () => {
    const { id } = await kept()
    proxy.hold()
    await cached.instances[0].updateReservation({ id, note: 'newer' })
    proxy.release()
    expect(await cached.instances[0].getReservation({ id })).toMatchObject({ etag: '"2"' })
    await eventually(async () => expect((await cached.instances[1].getReservation({ id })).etag).toBe('"2"'))
  })

  test('an older value that somebody puts back is not read after two seconds', async () => {
    const { id, value } = await kept()
    const [seconds = 0] = (await cached.redis.time()).map(Number)
    await cached.instances[1].updateReservation({ id, note: 'newer' })
    await eventually(async () => {
      await cached.redis.set(keyOf(id), value)
      const { etag } = await cached.instances[0].getReservation({ id })
      expect((await cached.redis.time()).map(Number)[0]).toBeGreaterThan(seconds + 3)
      expect(etag).toBe('"2"')
    })
  })
})
