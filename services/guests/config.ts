import { addresses, readEnv } from '@hotel/runtime/process/env'
import { serviceSettings } from '@hotel/runtime/server/service-settings'

/** The settings of the guests service. */
export const config = Object.freeze({
  ...readEnv(process.env, {
    rooms: ['ROOMS_ADDRESS', addresses],
    reservations: ['RESERVATIONS_ADDRESS', addresses],
  }),
  ...serviceSettings(process.env),
})
