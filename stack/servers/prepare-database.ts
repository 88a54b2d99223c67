import { randomBytes } from 'node:crypto'
import { readDatabaseUrl } from '@hotel/runtime/database/database-url'
import { readEnv, text, textOr } from '@hotel/runtime/process/env'
import { orProblem } from '../config.ts'
import { runMain } from '../run/run-main.ts'
import { type ServiceName, serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { type Access, migrate, provision, roleOf } from './provision.ts'
import { demandTimeZone, hasTimeZone } from './time-zone.ts'

/**
 * Makes the roles and the database of one service as they should be and migrates it, as `npm start` does; safe to
 * repeat. For where each service has a container: `DATABASE_URL` is the administrator's, `SERVICE_DATABASE_URL` the one
 * that the service is going to use, whose password its role is given.
 */
async function main([service = '']: readonly string[]): Promise<void> {
  if (!isServiceName(service))
    throw new Problem(`usage: node stack/servers/prepare-database.ts SERVICE, one of ${serviceNames.join(', ')}`)
  const { adminUrl, ...settings } = orProblem(() => ({
    ...readEnv(process.env, {
      servicePassword: ['SERVICE_DATABASE_URL', passwordOf(service)],
      defaultTimeZone: ['DEFAULT_TIME_ZONE', textOr('UTC')],
    }),
    adminUrl: readDatabaseUrl(process.env),
  }))
  // Nobody but this program needs the owner's password: it is another each time.
  const access: Access = { service, ownerPassword: randomBytes(24).toString('hex'), adminUrl, ...settings }
  await demandTimeZone(settings.defaultTimeZone, (zone) => hasTimeZone(adminUrl, zone))
  await provision(access)
  await migrate(access, settings.defaultTimeZone)
  console.log(`The database of ${service} is ready.`)
}

function isServiceName(name: string): name is ServiceName {
  return serviceNames.some((known) => known === name)
}

/** Reads the password from the URL of the service's database and role; another's would be of no use to it. */
function passwordOf(service: ServiceName) {
  return (value: string | undefined): string => {
    const { username, password, pathname } = URL.parse(text(value)) ?? {}
    if (username !== roleOf(service) || pathname !== `/${service}` || !password)
      throw new Error(
        `is not a URL of its database: give postgresql://${roleOf(service)}:password@host:port/${service}`,
      )
    return decodeURIComponent(password)
  }
}

runMain(main)
