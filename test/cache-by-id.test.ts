import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata } from 'nice-grpc'
import { Client } from 'pg'
import { type CacheSuite, startCacheSuite } from './cache-suite.ts'
import { holdingProxy } from './holding-proxy.ts'
import { day, eventually, guestAndRoom } from './hotel.ts'
import { waiting } from './locks.ts'

let cached: CacheSuite
/** Between the first instance and Redis. */
let proxy: Awaited<ReturnType<typeof holdingProxy>>
beforeAll(async () => {
  proxy = await holdingProxy()
  const through = (instance: number, { REDIS_URL = '' }: Readonly<Record<string, string>>) =>
    instance === 0 ? { REDIS_URL: proxy.to(REDIS_URL) } : { REDIS_URL }
  cached = await startCacheSuite({ env: { reservations: through } })
  await eventually(async () => expect(await cached.metric('redis_up')).toBe(2))
})
afterEach(() => proxy.release())
afterAll(async () => {
  await cached?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
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
   * Gives how the sending arrives, once it has. A machine so busy that Redis is not asked at that moment tries again.
   */
  const slowReader = () => eventually(readSlowly, 30_000)

  async function readSlowly(): Promise<{ id: string; arrive: () => Promise<void> }> {
    const { suite, instances, redis } = cached
    proxy.release()
    const [{ id }, other] = await Promise.all([booked(), booked()])
    await redis.del(keyOf(id))
    const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
    await lock.connect()
    await lock.query('set idle_in_transaction_session_timeout = 0')
    await lock.query('begin')
    await lock.query('lock table reservation in access exclusive mode')
    const reading = instances[0].getReservation({ id })
    await waiting(suite, 'reservations', 'Lock').finally(() => {
      proxy.hold()
      return lock.end()
    })
    expect(await reading).toMatchObject({ etag: '"1"' })
    await eventually(async () => expect(proxy.held()).toBeGreaterThan(0), 500)
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
