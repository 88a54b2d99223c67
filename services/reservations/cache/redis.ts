import { setTimeout as sleep } from 'node:timers/promises'
import { causeOf } from '@hotel/runtime/errors/cause'
import type { Logger } from '@hotel/runtime/process/log'
import type { Metrics } from '@hotel/runtime/telemetry/metrics'
import { Redis } from 'ioredis'
import { Counter, Gauge, type Registry } from 'prom-client'

/** A Redis that may be away, slow or broken at any moment without harm to who asks it. */
export type GuardedRedis = {
  /**
   * The result of the command. Undefined when no answer came in time or Redis refused the command, and at once while
   * Redis is not used for that reason. Never throws.
   */
  ask<T>(command: (redis: Redis) => Promise<T>): Promise<T | undefined>
  /** Whether it is asked at present. */
  isAsked(): boolean
  close(): void
}

/** How long a call waits for Redis: what lasts longer, Postgres answers sooner. */
const ANSWER_MS = 25
const CONNECT_MS = 1_000
/** So many late answers in a row open the circuit; one may only have met a busy moment. */
const LATE_IN_A_ROW = 3
const FIRST_REST_MS = 1_000
const LONGEST_REST_MS = 5_000
/** A connection that has lasted so long breaks of something new: the rests begin anew. */
const STEADY_MS = 10_000
const LATE = Symbol('late')

const OPTIONS = {
  lazyConnect: true,
  // Neither queues nor reconnects by itself: a connection that breaks is given up with all that waits on it.
  enableOfflineQueue: false,
  retryStrategy: null,
  connectTimeout: CONNECT_MS,
  disconnectTimeout: 100,
  disableClientInfo: true,
} as const

/** Where it is, and the authority that its certificate is checked by over TLS; the system's unless given. */
export type RedisSettings = { readonly redisUrl: string | undefined; readonly redisCa: string | undefined }

const FAILURES = ['late', 'refused', 'lost', 'unreachable'] as const
type Failure = (typeof FAILURES)[number]

/** A connection in use: answers that were late one after another, and how what is noticed of it ends it. */
type Connection = { readonly redis: Redis; late: number; readonly breakOff: (why: Failure) => void }

/**
 * Connects in the background, for as long as it is open. The circuit is the connection: calls ask only while there is
 * one, a failure ends it, and after a rest the next one must have answered before calls ask again.
 */
export function openRedis(
  { redisUrl: url, redisCa: ca }: RedisSettings,
  log: Logger,
  { registry }: Metrics,
): GuardedRedis {
  const show = redisMetrics(registry)
  if (url === undefined) {
    log.info({ redis: 'none' }, 'without Redis')
    return { ask: async () => undefined, isAsked: () => false, close: () => undefined }
  }
  let connection: Connection | undefined
  let last: { readonly why: Failure; readonly err: string | undefined } | undefined
  const closing = new AbortController()
  show.away()
  const options = { ...OPTIONS, ...(url.startsWith('rediss:') && { tls: ca === undefined ? {} : { ca } }) }
  void keepConnecting(() => new Redis(url, options), closing.signal, {
    begun(begun) {
      connection = begun
      last = undefined
      show.ready()
      log.info({ redis: 'ready' }, 'redis')
    },
    ended(why, error) {
      connection = undefined
      show.away(why)
      const err = error && causeOf(error)
      // The first attempt may end without a cause, on a busy machine; the cause is told once it is known.
      if (why !== last?.why || (err !== undefined && err !== last.err)) log.info({ redis: 'away', why, err }, 'redis')
      last = { why, err: err ?? (why === last?.why ? last.err : undefined) }
    },
  })
  return {
    ask: async (command) => (connection === undefined ? undefined : askOn(connection, command)),
    isAsked: () => connection !== undefined,
    close: () => closing.abort(),
  }
}

async function askOn<T>(connection: Connection, command: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  const late = lateness()
  try {
    const answer = await Promise.race([command(connection.redis), late.promise])
    if (answer !== LATE) {
      connection.late = 0
      return answer
    }
    connection.late += 1
    if (connection.late >= LATE_IN_A_ROW) connection.breakOff('late')
  } catch (error) {
    connection.breakOff((error as Error).name === 'ReplyError' ? 'refused' : 'lost')
  } finally {
    late.end()
  }
  return undefined
}

/** Resolves when the time for an answer is over and none has arrived: one that a busy process has yet to read counts. */
function lateness(): { promise: Promise<typeof LATE>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  // Timers run before the sockets are read, immediates after.
  const timer = setTimeout(() => setImmediate(resolve, LATE), ANSWER_MS)
  return { promise, end: () => clearTimeout(timer) }
}

type Events = { begun: (connection: Connection) => void; ended: (why: Failure, error?: Error) => void }

async function keepConnecting(make: () => Redis, closing: AbortSignal, events: Events): Promise<void> {
  let rest = 0
  while (!closing.aborted) {
    const began = performance.now()
    const redis = make()
    let error: Error | undefined
    // Without a listener ioredis prints each error.
    redis.on('error', (told: Error) => {
      error = told
    })
    const why = await useOne(redis, closing, events.begun)
    if (closing.aborted) return
    events.ended(why, error)
    const isNew = rest === 0 || performance.now() - began > STEADY_MS
    rest = isNew ? FIRST_REST_MS : Math.min(rest * 2, LONGEST_REST_MS)
    await sleep(rest, undefined, { signal: closing }).catch(() => undefined)
  }
}

/** Uses a connection until it breaks; gives why. */
async function useOne(redis: Redis, closing: AbortSignal, begun: Events['begun']): Promise<Failure> {
  const broken = Promise.withResolvers<Failure>()
  const lost = () => broken.resolve('lost')
  redis.on('close', lost)
  closing.addEventListener('abort', lost, { once: true })
  try {
    if (!(await answers(redis, closing))) return 'unreachable'
    begun({ redis, late: 0, breakOff: broken.resolve })
    return await broken.promise
  } finally {
    closing.removeEventListener('abort', lost)
    redis.disconnect()
  }
}

/** Whether a connection comes about and answers: a Redis that is stopped still accepts connections. */
async function answers(redis: Redis, signal: AbortSignal): Promise<boolean> {
  const ready = redis.connect().then(
    () => true,
    () => false,
  )
  const stopWaiting = new AbortController()
  const tooLong = sleep(CONNECT_MS, false, { signal: AbortSignal.any([stopWaiting.signal, signal]) }).catch(() => false)
  try {
    return await Promise.race([ready, tooLong])
  } finally {
    stopWaiting.abort()
  }
}

function redisMetrics(registry: Registry) {
  const registers = [registry]
  const up = new Gauge({ name: 'redis_up', help: 'Whether Redis answers: 1 or 0.', registers })
  const open = new Gauge({
    name: 'redis_circuit_open',
    help: 'Whether Redis is not used for a while because it failed: 1 or 0.',
    registers,
  })
  const failures = new Counter({
    name: 'redis_failures_total',
    help: 'Failures that stopped the use of Redis for a while: late, refused, lost or unreachable.',
    labelNames: ['why'],
    registers,
  })
  up.set(0)
  // A rate begins with the first failure only where the count is there before.
  for (const why of FAILURES) failures.inc({ why }, 0)
  return {
    ready() {
      up.set(1)
      open.set(0)
    },
    away(why?: Failure) {
      up.set(0)
      open.set(1)
      if (why !== undefined) failures.inc({ why })
    },
  }
}
