import path from 'node:path'
import type { Ports } from '../config.ts'
import { distribute } from '../distribute/distribute.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type PerService, perServiceAsync, serviceNames } from '../service-names.ts'
import type { StackOptions } from '../stack-options.ts'
import { type Postgres, startPostgres } from './postgres/postgres.ts'
import { type Access, migrate, provision, serviceUrl } from './provision.ts'

/** Starts Postgres for the services that have no server of their own, and migrates all databases; gives their URLs as the services' roles. */
export async function startDatabases(
  options: StackOptions,
  ports: Ports,
  secrets: Secrets,
  around: SupervisorContext,
  started: AsyncDisposableStack,
): Promise<{ urls: PerService<string>; postgres: Postgres | undefined }> {
  if (options.databaseUrls !== undefined) return { urls: options.databaseUrls, postgres: undefined }
  const own = options.adminUrls
  let postgres: Postgres | undefined
  if (serviceNames.some((name) => own?.[name] === undefined)) {
    around.say('Starting Postgres ...')
    const data = path.join(options.dataDir, 'postgres')
    const { walArchive } = options
    const { postgres: password } = secrets
    postgres = await startPostgres({ data, port: ports.postgres, password, durable: true, walArchive, around })
    const server = postgres.process
    started.defer(() => server.stop())
  }
  around.say('Migrating the databases ...')
  const urls = await perServiceAsync(async (service) => {
    const adminUrl = own?.[service] ?? postgres?.url ?? ''
    const access: Access = {
      service,
      adminUrl,
      ownerPassword: secrets.owners[service],
      servicePassword: secrets.services[service],
    }
    await provision(access, undefined, around)
    await migrate(access, options.defaultTimeZone ?? 'UTC', undefined, around)
    // The functions are those for plain PostgreSQL now, which count wrongly on Citus: no service may call them there.
    if (options.citus?.workers !== undefined) around.say(await distribute(service, adminUrl, options.citus))
    return serviceUrl(access)
  })
  return { urls, postgres }
}
