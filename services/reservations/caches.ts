import type { Logger } from '@hotel/runtime/telemetry/log'
import type { Metrics } from '@hotel/runtime/telemetry/metrics'
import { cacheReads, openCache } from './cache.ts'
import { openRedis, type RedisSettings } from './redis.ts'
import { RESERVATION_LIFETIME_MS, type ReservationCache, reservationCache } from './reservation-cache.ts'
import { sealer } from './sealed.ts'
import { STAY_PAGE_LIFETIME_MS, type StayPages, stayPages } from './stay-pages.ts'

/** What the service keeps in Redis. */
export type Caches = {
  readonly reservations: ReservationCache
  readonly stayPages: StayPages
  /** Removes these reservations, and all pages of stays. */
  forget(reservations: readonly string[]): Promise<void>
  close(): void
}

type Settings = RedisSettings & { readonly pageTokenKey: Buffer }

/** Opens the caches; without a Redis they hold nothing. Values are sealed by a key that every instance can derive. */
export function openCaches(settings: Settings, log: Logger, metrics: Metrics): Caches {
  const redis = openRedis(settings, log, metrics)
  const common = {
    redis,
    sealer: sealer(settings.pageTokenKey, 'hotel cache'),
    reads: cacheReads(metrics.registry),
    schema: 1,
  }
  const reservations = openCache({ ...common, name: 'reservation', lifetimeMs: RESERVATION_LIFETIME_MS })
  const stays = openCache({ ...common, name: 'stays', lifetimeMs: STAY_PAGE_LIFETIME_MS })
  return {
    reservations: reservationCache(reservations),
    stayPages: stayPages(stays),
    forget: async (ids) => void (await Promise.all([reservations.remove(ids), stays.remove('all')])),
    close: () => redis.close(),
  }
}
