import { readEnv, textOr } from '@hotel/runtime/process/env'
import { readConfig } from '@hotel/stack/config'
import { type PerService, perService } from '@hotel/stack/service-names'

/** Where the services are: at the ports of `npm start`, or wherever GUESTS_ADDRESS and the like say (`host:port`). */
export function readAddresses(env: NodeJS.ProcessEnv = process.env): PerService<string> {
  const { ports } = readConfig(env)
  return readEnv(
    env,
    perService((name) => [`${name.toUpperCase()}_ADDRESS`, textOr(`127.0.0.1:${ports[name]}`)] as const),
  )
}
