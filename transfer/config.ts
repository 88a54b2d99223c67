import path from 'node:path'
import { readConfig } from '@hotel/stack/config'
import { type PerService, perService } from '@hotel/stack/service-names'

/** Where the services are: at the ports of `npm start`, or wherever GUESTS_ADDRESS and the like say (`host:port`). */
export function readAddresses(env: NodeJS.ProcessEnv = process.env): PerService<string> {
  const { ports } = readConfig(env)
  return perService((name) => env[`${name.toUpperCase()}_ADDRESS`] || `127.0.0.1:${ports[name]}`)
}

/** A path as the person meant it, who is where npm was called; npm itself runs in the repository's root. */
export function fromCaller(file: string, env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env.INIT_CWD || env.PWD || process.cwd(), file)
}
