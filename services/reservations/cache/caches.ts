import type { Logger } from '@hotel/runtime/process/log'
import type { Metrics } from '@hotel/runtime/telemetry/metrics'
import { STAY_PAGE_LIFETIME_MS, type StayPages, stayPages } from '../current-and-upcoming/stay-pages.ts'
import { cacheReads, openCache } from './cache.ts'
import { openRedis, type RedisSettings } from './redis.ts'
import { sealer } from './sealed.ts'

/** The caches that the service keeps in Redis. */
export type Caches = {
  readonly stayPages: StayPages
  /** Removes all of it. */
  clear(): Promise<void>
  close(): void
}

type Settings = RedisSettings & { readonly pageTokenKey: Buffer }

/** Opens the caches; without a Redis they hold nothing. Values are sealed by a key that every instance can derive. */
export function openCaches(settings: Settings, log: Logger, metrics: Metrics): Caches {
  const redis = openRedis(settings, log, metrics)
  const stays = openCache({
    redis,
    sealer: sealer(settings.pageTokenKey, 'hotel cache'),
    reads: cacheReads(metrics.registry),
    name: 'stays',
    schema: 2,
    lifetimeMs: STAY_PAGE_LIFETIME_MS,
  })
  return { stayPages: stayPages(stays), clear: () => stays.clear(), close: () => redis.close() }
}
