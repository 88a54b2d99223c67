import { type CitusNodes, readConfig } from '../config.ts'
import { runMain } from '../run/run-main.ts'
import { administer } from '../servers/administer.ts'
import { ownServerUrl } from '../servers/own-server.ts'
import { databaseUrl, schemaOf } from '../servers/provision.ts'
import { type ServiceName, serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { hasCitus, joinNodes, knownWorkers } from './cluster.ts'
import { distributeDatabase } from './distribution.ts'
import { tables } from './tables.ts'

/**
 * `npm run distribute`: distributes the tables of the services over the workers of a Citus by their hotels. Safe to repeat; on
 * plain PostgreSQL it does nothing.
 */
async function main(): Promise<void> {
  const config = readConfig()
  for (const service of serviceNames)
    console.log(await distribute(service, config.adminUrls[service] ?? (await ownServerUrl(config)), config.citus))
}

/** Distributes the database of a service; gives a sentence about what was done. */
export async function distribute(
  service: ServiceName,
  adminUrl: string,
  { coordinator, workers: given }: CitusNodes,
  database: string = service,
): Promise<string> {
  const url = databaseUrl(adminUrl, database)
  const { hasExtension, known } = await administer(url, async (client) => ({
    hasExtension: await hasCitus(client),
    known: await knownWorkers(client),
  }))
  const workers = given ?? known
  if (workers.length === 0)
    return `The database of ${service} stays as it is: CITUS_WORKERS names no workers, so nothing is distributed.`
  if (!hasExtension)
    throw new Problem(
      `CITUS_WORKERS asks for Citus, but the PostgreSQL of ${service} does not have the extension: install Citus there, or unset CITUS_WORKERS.`,
    )
  await joinNodes(adminUrl, service, database, { coordinator: coordinator ?? new URL(adminUrl).host, workers })
  const done = await administer(url, (client) => distributeDatabase(client, schemaOf(service), tables[service]))
  if (done.tables.length + done.functions.length === 0)
    return `The database of ${service} is distributed over ${workers.join(', ')} already.`
  return `The database of ${service} is distributed over ${workers.join(', ')}: ${done.tables.length} tables and ${done.functions.length} functions were changed.`
}

if (import.meta.main) runMain(main)
