import { addressOf } from '@hotel/runtime/database/hosts'
import { type Client, escapeIdentifier } from 'pg'
import { administer } from '../servers/administer.ts'
import { databaseUrl, ownerOf, restrictDatabase, roleOf } from '../servers/provision.ts'
import type { ServiceName } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'

/** The nodes as they reach one another: `host:port`. */
export type Nodes = { readonly coordinator: string; readonly workers: readonly string[] }

/** Of each database, on all nodes. */
const SETTINGS = {
  // What triggers and functions do stays with the hotel of the row, and so on its worker (test/distribution/rules.test.ts).
  'citus.allow_nested_distributed_execution': 'on',
  'citus.enable_unsafe_triggers': 'on',
  // The time of a write is set for its transaction (take-head.sql).
  'citus.propagate_set_commands': 'local',
}

const NO_LIBRARY = '0A000'

/** Whether the server has the extension to make. */
export async function hasCitus(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(`select from pg_available_extensions where name = 'citus'`)
  return rowCount !== 0
}

/** The workers that a database knows; none of one without the extension. */
export async function knownWorkers(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ made: boolean }>(
    `select to_regclass('pg_catalog.pg_dist_node') is not null as made`,
  )
  if (rows[0]?.made !== true) return []
  const found = await client.query<{ node: string }>(
    `select nodename || ':' || nodeport as node from pg_catalog.pg_dist_node where groupid <> 0 and noderole = 'primary'`,
  )
  return found.rows.map(({ node }) => node)
}

/** Makes the database and the extension on each worker, and makes the nodes known to the coordinator. Safe to repeat. */
export async function joinNodes(
  adminUrl: string,
  service: ServiceName,
  database: string,
  { coordinator, workers }: Nodes,
): Promise<void> {
  for (const worker of workers) {
    await administer(urlOf(adminUrl, worker, 'postgres'), (client) => makeDatabase(client, database))
    await administer(urlOf(adminUrl, worker, database), (client) => makeExtension(client, worker))
  }
  await administer(databaseUrl(adminUrl, database), async (client) => {
    await makeExtension(client, coordinator)
    const known = await knownWorkers(client)
    const at = addressOf(coordinator)
    await client.query('select citus_set_coordinator_host($1, $2)', [at.host, at.port])
    for (const worker of workers.filter((each) => !known.includes(each))) {
      const { host, port } = addressOf(worker)
      await client.query('select citus_add_node($1, $2)', [host, port]).catch((error: Error) => {
        throw new Problem(
          `The coordinator cannot reach the worker ${worker} (${error.message}): let the nodes log in to each other.`,
        )
      })
    }
  })
  const name = escapeIdentifier(database)
  const coordinatorUrl = databaseUrl(adminUrl, database)
  for (const url of [coordinatorUrl, ...workers.map((worker) => urlOf(adminUrl, worker, database))])
    await administer(url, async (client) => {
      await client.query('set citus.enable_ddl_propagation = off')
      for (const [setting, value] of Object.entries(SETTINGS))
        await client.query(`alter database ${name} set ${setting} = ${value}`)
      if (url === coordinatorUrl) return
      // The roles are there now.
      await client.query(`alter database ${name} owner to ${ownerOf(service)}`)
      await restrictDatabase(client, service, database)
      // A worker waits in transactions for the statement of another node, for which the limit of a session is too short.
      const limit = 'idle_in_transaction_session_timeout'
      await client.query(`alter role ${roleOf(service)} in database ${name} set ${limit} = '10s'`)
    })
}

/** As the provisioning of the coordinator makes it (servers/provision.ts). */
async function makeDatabase(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
  if (rowCount === 0)
    await client.query(
      `create database ${escapeIdentifier(database)} template template0
       encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'`,
    )
}

async function makeExtension(client: Client, node: string): Promise<void> {
  await client.query('set search_path = pg_catalog')
  await client.query('create extension if not exists citus schema pg_catalog').catch((error: { code?: string }) => {
    const remedy =
      error.code === NO_LIBRARY
        ? 'install it there'
        : `set shared_preload_libraries = 'citus' there and restart the server`
    throw new Problem(`The extension Citus cannot be made at ${node} (${(error as Error).message}): ${remedy}.`)
  })
}

/** The same login at another node. */
function urlOf(adminUrl: string, node: string, database: string): string {
  const url = new URL(databaseUrl(adminUrl, database))
  url.host = node
  return url.href
}
