import type { Logger } from '@hotel/runtime/log'
import type { Metrics } from '@hotel/runtime/metrics'
import { Redis } from 'ioredis'
import { Gauge } from 'prom-client'

/**
 * Connects to Redis and keeps its health known: a log line when it comes and goes, and the metric `redis_up`. Redis is
 * only ever a cache: nothing waits for it and nothing fails without it. Returns how to close.
 */
export function openRedis(url: string | undefined, log: Logger, { registry }: Metrics): () => void {
  const up = new Gauge({ name: 'redis_up', help: 'Whether Redis answers: 1 or 0.', registers: [registry] })
  up.set(0)
  if (url === undefined) {
    log.info({ redis: 'none' }, 'without Redis')
    return () => undefined
  }
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: 100,
    retryStrategy: (tries) => Math.min(tries * 100, 2_000),
  })
  let state = ''
  const become = (next: 'ready' | 'away') => {
    up.set(next === 'ready' ? 1 : 0)
    if (next !== state) log.info({ redis: next }, 'redis')
    state = next
  }
  redis.on('ready', () => become('ready'))
  redis.on('close', () => become('away'))
  redis.on('error', () => undefined)
  return () => redis.disconnect()
}
