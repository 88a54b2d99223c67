import path from 'node:path'
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'
import { nodeProgram } from '../run/node-program.ts'
import { runToEnd, type Watchers } from '../run/run-to-end.ts'
import type { ServiceName } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { administer } from './administer.ts'
import { inputsOf, isMigrated } from './migrated.ts'

/** The roles of a service's database, and their passwords. */
export type Access = {
  readonly service: ServiceName
  /** URL of the server as an administrator. */
  readonly adminUrl: string
  readonly ownerPassword: string
  readonly servicePassword: string
}

/** The limits of a service's session, so that nothing it does can hold up the others for long. */
const sessionLimits = {
  idle_in_transaction_session_timeout: '2s',
  transaction_timeout: '10s',
  statement_timeout: '10s',
  lock_timeout: '5s',
}

/** Of the role that migrates: a writer of now does not wait long for a lock that a migration waits for. */
const ownerLimits = { lock_timeout: '30s', idle_in_transaction_session_timeout: '60s' }

/** Failing statements hold names of guests: they stay out of the server's log. Only a superuser may set these. */
const discretion = { log_min_error_statement: 'panic', log_error_verbosity: 'terse' }

const oldest = 180_000
const insufficientPrivilege = '42501'

/** The name of the role that owns a service's database. */
export const ownerOf = (service: ServiceName) => `${service}_owner`
/** The name of the role that a service works as. */
export const roleOf = (service: ServiceName) => `${service}_service`

/** The name of the schema that holds a service's tables: `public` holds nothing. */
export const schemaOf = (service: ServiceName): string => service

/** Temporary tables, which otherwise come first, come last: none stands in for a table of a function. */
const searchPath = (service: ServiceName) => `${schemaOf(service)}, pg_temp`

/** Makes a service's roles, database, schema and privileges as they should be, also where some are there already. */
export async function provision(
  access: Access,
  database: string = access.service,
  { signal }: Watchers = {},
): Promise<void> {
  await administer(access.adminUrl, (client) => provisionRoles(client, access), signal)
  const make = async (client: Client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
    if (rowCount === 0)
      await client.query(
        `create database ${escapeIdentifier(database)} owner ${ownerOf(access.service)} template template0
         encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'`,
      )
    await restrictDatabase(client, access.service, database)
  }
  await administer(access.adminUrl, make, signal)
  const url = databaseUrl(access.adminUrl, database)
  await administer(url, (client) => provisionSchema(client, access.service), signal)
}

/** A database made from a template does not inherit who may connect to it, nor where its names are looked for. */
export async function restrictDatabase(client: Client, service: ServiceName, database: string): Promise<void> {
  const name = escapeIdentifier(database)
  await client.query(`revoke all on database ${name} from public`)
  await client.query(`grant connect on database ${name} to ${roleOf(service)}`)
  // For the administrator too, with any tool.
  await client.query(`alter database ${name} set search_path = ${searchPath(service)}`)
}

/** Tables of builds before this schema stand in `public`, which then becomes it. */
async function provisionSchema(client: Client, service: ServiceName): Promise<void> {
  const schema = schemaOf(service)
  const { rows } = await client.query<{ made: boolean; old: boolean }>(
    `select to_regnamespace($1) is not null as made, to_regclass('public.migration') is not null as old`,
    [schema],
  )
  if (rows[0]?.old && !rows[0].made) {
    await client.query(`begin; alter schema public rename to ${schema}; create schema public; commit`)
  } else await client.query(`create schema if not exists ${schema}`)
  await client.query(`alter schema ${schema} owner to ${ownerOf(service)}`)
  await client.query('create schema if not exists public')
  // In a new database it belongs to the database's owner.
  await client.query('alter schema public owner to current_user')
  for (const name of [schema, 'public']) await client.query(`revoke all on schema ${name} from public`)
  await client.query(`revoke all on schema public from ${ownerOf(service)}, ${roleOf(service)}`)
}

/** Brings a service's database up to date, unless it is; gives whether there was anything to do. */
export async function migrate(
  access: Access,
  defaultTimeZone: string,
  database: string = access.service,
  watchers: Watchers = {},
): Promise<boolean> {
  const inputs = await inputsOf(access.service, [roleOf(access.service), defaultTimeZone])
  const asked = (client: Client) => isMigrated(client, schemaOf(access.service), inputs)
  if (await administer(databaseUrl(access.adminUrl, database), asked, watchers.signal)) return false
  const program = nodeProgram(path.join('services', access.service, 'migrate.ts'))
  const url = databaseUrl(access.adminUrl, database, ownerOf(access.service), access.ownerPassword)
  const more = {
    MIGRATION_DATABASE_URL: url,
    MIGRATION_INPUTS: inputs,
    SERVICE_ROLE: roleOf(access.service),
    DEFAULT_TIME_ZONE: defaultTimeZone,
  }
  const failed = `The database of ${access.service} could not be migrated`
  await runToEnd({ ...program, env: { ...program.env, ...more }, failed }, watchers)
  return true
}

/** The URL with which a service reaches its database. */
export function serviceUrl(access: Access, database: string = access.service): string {
  return databaseUrl(access.adminUrl, database, roleOf(access.service), access.servicePassword)
}

/** The same server, another database and, if given, another role. */
export function databaseUrl(server: string, database: string, role?: string, password?: string): string {
  const url = new URL(server)
  url.pathname = `/${encodeURIComponent(database)}`
  if (role !== undefined) url.username = role
  if (password !== undefined) url.password = password
  return url.href
}

async function provisionRoles(client: Client, { service, ownerPassword, servicePassword }: Access): Promise<void> {
  const { rows } = await client.query<{ version: number; super: boolean }>(
    `select current_setting('server_version_num')::int as version, rolsuper as super from pg_roles where rolname = current_user`,
  )
  const { version = 0, super: isSuper = false } = rows[0] ?? {}
  if (version < oldest)
    throw new Problem(
      `The server of DATABASE_URL is older than Postgres 18: use a newer one, or unset DATABASE_URL to use the embedded one.`,
    )
  await provisionRole(client, ownerOf(service), ownerPassword)
  await provisionRole(client, roleOf(service), servicePassword)
  // Only a member may give a database to a role, unless it is a superuser.
  if (!isSuper) await client.query(`grant ${ownerOf(service)} to current_user`)
  await setFor(client, roleOf(service), sessionLimits)
  await setFor(client, ownerOf(service), ownerLimits)
  for (const role of [roleOf(service), ownerOf(service)]) {
    await client.query(`alter role ${role} set search_path = ${searchPath(service)}`)
    await setFor(client, role, discretion).catch((error: { code?: string }) => {
      if (error.code !== insufficientPrivilege) throw error
    })
  }
}

async function setFor(client: Client, role: string, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await client.query(`alter role ${role} set ${name} = ${escapeLiteral(value)}`)
}

async function provisionRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
  if (rowCount === 0)
    await client.query(
      `create role ${role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit`,
    )
  await client.query(`alter role ${role} password ${escapeLiteral(password)}`)
}
