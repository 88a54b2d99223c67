import type { Redis } from 'ioredis'
import { Counter, type Registry } from 'prom-client'
import type { GuardedRedis } from './redis.ts'
import type { Sealer } from './sealed.ts'

/** Values of one kind in Redis, of which none is trusted, and none lives longer than the cache's lifetime. */
export type Cache = {
  /** Whether Redis is asked at present. */
  inUse(): boolean
  /**
   * The value under a key, undefined when there is none to be had or it was put with another tag; and the time at which
   * it was asked for. The tag may still be on its way: Redis is asked meanwhile.
   */
  get(
    key: string,
    tag: Promise<Buffer>,
  ): Promise<{ readonly value: Buffer | undefined; readonly now: number | undefined }>
  /**
   * Keeps a value that was true at some moment after `now`; from a lifetime after `now` on it is gone, however late this
   * reaches Redis.
   */
  put(key: string, value: Uint8Array, now: number | undefined, tag: Buffer): Promise<void>
  /** Removes all values; what a read that is under way puts afterwards has its lifetime. */
  clear(): Promise<void>
}

export type CacheOptions = {
  readonly name: string
  /** To be raised when the meaning of the values changes, so that an old build and a new one do not read each other's. */
  readonly schema: number
  readonly lifetimeMs: number
  readonly redis: GuardedRedis
  readonly sealer: Sealer
  readonly reads: Counter<'cache' | 'result'>
}

/** Larger values are not kept, and of what others may have put under a key no more than twice that is fetched. */
const MOST_BYTES = 1024 * 1024
const UNTIL_BYTES = 8
const UNREADABLE = Buffer.alloc(1)

/** Opens the cache for values of one kind. Redis' own clock measures their time: the clocks of the instances differ. */
export function openCache({ name, schema, lifetimeMs, redis, sealer, reads }: CacheOptions): Cache {
  const placeOf = (key: string) => `hotel:${name}:${schema}:${key}`
  const open = (place: string, stored: Buffer, now: number): Buffer | undefined => {
    const opened = sealer.open(stored, place)
    const until = Number(opened?.readBigUInt64BE() ?? 0)
    // Redis drops what is past by itself, unless somebody has told it otherwise or has set its clock.
    return until > now && until <= now + lifetimeMs ? opened?.subarray(UNTIL_BYTES) : undefined
  }
  return {
    inUse: () => redis.isAsked(),
    async get(key, tagged) {
      const place = placeOf(key)
      const [answer, tag] = await Promise.all([redis.ask((asked) => lookUp(asked, place)), tagged])
      const [now, stored] = answer ?? []
      const end = (result: Result, value?: Buffer) => {
        reads.inc({ cache: name, result })
        return { now, value }
      }
      if (now === undefined || stored === undefined) return end('unanswered')
      if (stored.length === 0) return end('miss')
      const opened = open(place, stored, now)
      if (opened === undefined) {
        void redis.ask((asked) => asked.del(place))
        return end('unreadable')
      }
      if (!opened.subarray(0, tag.length).equals(tag)) return end('superseded')
      return end('hit', opened.subarray(tag.length))
    },
    async put(key, value, now, tag) {
      if (now === undefined || value.length > MOST_BYTES) return
      const place = placeOf(key)
      const until = Buffer.alloc(UNTIL_BYTES)
      until.writeBigUInt64BE(BigInt(now + lifetimeMs))
      const stored = sealer.seal(Buffer.concat([until, tag, value]), place)
      await redis.ask((asked) => asked.eval(PUT, 1, place, stored, now + lifetimeMs))
    },
    clear: () => removeAll(redis, placeOf('*')),
  }
}

/** Ends when all are gone, or Redis does not answer: it drops them by itself then. */
async function removeAll(redis: GuardedRedis, pattern: string): Promise<void> {
  let next: string | undefined = '0'
  do {
    const cursor: string = next
    const found = await redis.ask((asked) => asked.scan(cursor, 'MATCH', pattern, 'COUNT', 200))
    const [after, places] = found ?? [undefined, []]
    if (places.length > 0) await redis.ask((asked) => asked.unlink(...places))
    next = after
  } while (next !== undefined && next !== '0')
}

/** How a read ended; superseded: the value there was put with another tag. */
type Result = 'hit' | 'miss' | 'superseded' | 'unreadable' | 'unanswered'

/** Counts how the reads of each cache end. */
export function cacheReads(registry: Registry): CacheOptions['reads'] {
  return new Counter({
    name: 'hotel_cache_reads_total',
    help: 'Reads of a cache by result: hit, miss, superseded, unreadable or unanswered.',
    labelNames: ['cache', 'result'],
    registers: [registry],
  })
}

// PEXPIREAT of a time that is past deletes the key at once.
const PUT = `
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1`

/** The time, and what is stored under a key: without length when there is nothing. */
async function lookUp(redis: Redis, place: string): Promise<[now: number, stored: Buffer]> {
  // A pipeline is one write to the socket.
  const answers = await redis
    .pipeline()
    .time()
    .getrangeBuffer(place, 0, 2 * MOST_BYTES)
    .exec()
  const [[timeError, time], [error, stored]] = answers as [Reply<string[]>, Reply<Buffer>]
  if (timeError !== null) throw timeError
  if (error === null) return [milliseconds(time), stored]
  if (error.message.startsWith('WRONGTYPE')) return [milliseconds(time), UNREADABLE]
  throw error
}

type Reply<T> = [error: Error, value: unknown] | [error: null, value: T]

function milliseconds([seconds, microseconds]: readonly (number | string)[]): number {
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
}
