import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { type CacheSuite, cacheSuiteOf } from './cache-suite.ts'

let cached: CacheSuite
let hotel: string
let guest: string
let reservation: string
beforeAll(async () => {
  cached = await cacheSuiteOf(await sharedSuite({ replicas: 2, hotels: 'every' }))
  const { suite, instances } = cached
  hotel = (await suite.hotels.createHotel({ name: 'Faulty' })).id
  const location = (await suite.locations.createLocation({ hotel, name: 'L', time_zone: 'UTC' })).id
  guest = (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id
  for (let n = 0; n < 3; n++) {
    const room = (await suite.rooms.createRoom({ number: freshNumber(), location })).id
    const made = await instances[0].createReservation({ guest, room, in_date: day(), out_date: day(1), note: 'note 0' })
    reservation = made.id
  }
  await demandHits()
})
afterAll(async () => {
  await cached?.[Symbol.asyncDispose]()
})

/** Polls until the next reads of both instances come from Redis. */
async function demandHits(): Promise<void> {
  await eventually(async () => {
    const before = await cached.reads('hit')
    await readAll()
    expect(await cached.reads('hit')).toBe(before + 2)
  }, 20_000)
}

async function readAll(): Promise<void> {
  for (const client of cached.instances) await client.listCurrentAndUpcoming({ hotel })
}

let notes = 0
let names = 0

/** Each kind of call by each instance, several at once: none fails, a list is true, and both read what one wrote. */
async function useEverything(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const client of cached.instances) {
      const note = `note ${++notes}`
      await client.updateReservation({ id: reservation, note })
      for (const each of cached.instances)
        expect(await each.getReservation({ id: reservation })).toMatchObject({ note })
    }
    await Promise.all(Array.from({ length: 8 }, readAll))
    await cached.suite.guests.updateGuest({ id: guest, first_name: `Ada ${++names}` })
    await cached.demandFresh('listCurrentAndUpcoming', [{ hotel }, {}])
  }
}

const server = () => cached.suite.stack.redis?.process
const signal = (name: NodeJS.Signals) => process.kill(server()?.pid ?? 0, name)
const circuitsOpen = () => cached.metric('redis_circuit_open')

describe('while calls go on, without one that fails, Redis', () => {
  test('is flushed', async () => {
    let flushing = true
    const flushes = (async () => {
      while (flushing) await cached.redis.flushall()
    })()
    await useEverything().finally(() => {
      flushing = false
    })
    await flushes
    await demandHits()
  }, 60_000)

  test('is stopped, as if it were slow for ever, and goes on', async () => {
    signal('SIGSTOP')
    try {
      await useEverything()
      expect(await circuitsOpen()).toBe(2)
      // One that starts now does not wait for it either.
      const [, second] = cached.suite.stack.services.reservations.instances
      await second?.stop()
      await second?.start()
      await useEverything()
    } finally {
      signal('SIGCONT')
    }
    await demandHits()
    expect(await circuitsOpen()).toBe(0)
    await useEverything()
  }, 60_000)

  test('stops again and again', async () => {
    let stopping = true
    const stops = (async () => {
      for (let n = 0; stopping; n++) {
        signal(n % 2 === 0 ? 'SIGSTOP' : 'SIGCONT')
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
      signal('SIGCONT')
    })()
    await useEverything().finally(() => {
      stopping = false
    })
    await stops
    await demandHits()
  }, 60_000)

  test('is killed and started again', async () => {
    await server()?.kill('SIGKILL')
    await useEverything()
    expect(await circuitsOpen()).toBe(2)
    expect(await cached.metric('redis_up')).toBe(0)
    await server()?.start()
    await demandHits()
    expect(await cached.metric('redis_up')).toBe(2)
    await useEverything()
  }, 60_000)

  test('refuses every write, as a replica or one that is full does', async () => {
    await cached.redis.config('SET', 'maxmemory-policy', 'noeviction')
    await cached.redis.config('SET', 'maxmemory', '1')
    try {
      await useEverything()
    } finally {
      await cached.redis.config('SET', 'maxmemory', '64mb')
      await cached.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    }
    await demandHits()
  }, 60_000)
})

/** Puts something else under a key, given what each key holds. */
type Poison = (key: string, values: ReadonlyMap<string, Buffer>) => Promise<unknown>

const poisons: [title: string, poison: Poison][] = [
  ['garbage', (key) => cached.redis.set(key, 'garbage')],
  ['garbage of the length of a page', (key) => cached.redis.set(key, 'x'.repeat(300))],
  [
    'a value of another type',
    async (key) => {
      await cached.redis.del(key)
      await cached.redis.rpush(key, 'a', 'b')
    },
  ],
  ['more than fits', (key) => cached.redis.set(key, Buffer.alloc(8 * 1024 * 1024))],
  [
    "another key's value of the same kind",
    async (key, values) => {
      const kind = key.slice(0, key.lastIndexOf(':'))
      const other = [...values].find(([each]) => each !== key && each.startsWith(kind))
      await cached.redis.set(key, other?.[1] ?? '')
    },
  ],
  [
    'one changed bit',
    async (key, values) => {
      const value = Buffer.from(values.get(key) ?? '')
      const at = value.length - 20
      value.writeUInt8(value.readUInt8(at) ^ 1, at)
      await cached.redis.set(key, value)
    },
  ],
]

describe('what somebody else has put into Redis is not believed:', () => {
  test.each(poisons)(
    '%s',
    async (_title, poison) => {
      const { redis, instances } = cached
      await eventually(async () => {
        await redis.flushall()
        await readAll()
        await instances[0].listUpcoming({ hotel })
        const keys = await redis.keys('hotel:*')
        const values = new Map<string, Buffer>()
        for (const key of keys) values.set(key, (await redis.getBuffer(key)) ?? Buffer.alloc(0))
        expect(keys).toHaveLength(2)
        const before = await cached.reads('unreadable')
        for (const key of keys) await poison(key, values)
        await cached.demandFresh('listCurrentAndUpcoming', [{ hotel }])
        expect(await cached.reads('unreadable')).toBeGreaterThan(before)
      })
      await demandHits()
    },
    60_000,
  )
})
