import { addresses, numberOr, optionalRedisUrl, optionalText, readEnv } from '@hotel/runtime/process/env'
import { serviceSettings } from '@hotel/runtime/server/service-settings'

/** The settings of the reservations service. */
export const config = Object.freeze({
  ...readEnv(process.env, {
    redisUrl: ['REDIS_URL', optionalRedisUrl],
    redisCa: ['REDIS_CA', optionalText],
    guests: ['GUESTS_ADDRESS', addresses],
    rooms: ['ROOMS_ADDRESS', addresses],
    holdSweepSeconds: ['HOLD_SWEEP_SECONDS', numberOr(10)],
    createGroupHotels: ['CREATE_GROUP_HOTELS', numberOr(128)],
  }),
  ...serviceSettings(process.env),
})
