import { authSettings } from '@hotel/runtime/access/auth-settings'
import { withKeys } from '@hotel/runtime/access/jwks'
import { readDatabaseUrl } from '@hotel/runtime/database/database-url'
import { addresses, key256, numberOr, optionalRedisUrl, optionalText, readEnv, text, textOr } from '@hotel/runtime/env'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'

/** The settings of the reservations service. */
export const config = Object.freeze({
  ...readEnv(process.env, {
    address: ['GRPC_ADDRESS', text],
    metricsAddress: ['METRICS_ADDRESS', optionalText],
    redisUrl: ['REDIS_URL', optionalRedisUrl],
    redisCa: ['REDIS_CA', optionalText],
    guests: ['GUESTS_ADDRESS', addresses],
    rooms: ['ROOMS_ADDRESS', addresses],
    serviceTokenFile: ['SERVICE_TOKEN_FILE', text],
    pageTokenKey: ['PAGE_TOKEN_KEY', key256],
    feedRetentionDays: ['FEED_RETENTION', numberOr(30)],
    watchLimit: ['WATCH_LIMIT', numberOr(500)],
    watchPatienceSeconds: ['WATCH_PATIENCE', numberOr(10)],
    exportLimit: ['EXPORT_LIMIT', numberOr(4)],
    exportPatienceSeconds: ['EXPORT_PATIENCE', numberOr(30)],
    drainSeconds: ['DRAIN_SECONDS', numberOr(4)],
    holdSweepSeconds: ['HOLD_SWEEP_SECONDS', numberOr(10)],
    createGroupHotels: ['CREATE_GROUP_HOTELS', numberOr(128)],
    clockFile: ['TEST_CLOCK_FILE', optionalText],
    logLevel: ['LOG_LEVEL', textOr('info')],
  }),
  auth: withKeys(authSettings(process.env)),
  databaseUrl: readDatabaseUrl(process.env),
  otlp: otlpSettings(process.env),
})
