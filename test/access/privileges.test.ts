import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl, migrate, ownerOf, provision, roleOf, schemaOf } from '@hotel/stack/servers/provision'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Client } from 'pg'
import type { TestCluster } from '../harness/test-cluster.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const DENIED = '42501'
/** A table of each service whose rows callers own. */
const own = { guests: 'guest', rooms: 'room', reservations: 'reservation' }

/** What each statement fails with, run as the service's own role; undefined for one that succeeds. */
async function outcomes(service: ServiceName, statements: readonly string[]): Promise<[string, string | undefined][]> {
  const client = new Client({ connectionString: suite.stack.databaseUrls[service] })
  await client.connect()
  try {
    const found: [string, string | undefined][] = []
    for (const statement of statements) {
      const isAlone = /^(create database|alter system)/.test(statement)
      if (!isAlone) await client.query('begin')
      const code = await client.query(statement).then(
        () => undefined,
        (error: { code: string }) => error.code,
      )
      if (!isAlone) await client.query('rollback')
      found.push([statement, code])
    }
    return found
  } finally {
    await client.end()
  }
}

describe.each(serviceNames)('the role of %s', (service) => {
  const table = own[service]
  const others = serviceNames.filter((name) => name !== service)
  const denied: readonly string[] = [
    // Makes, drops or alters nothing.
    'create table mine (id int)',
    'create temporary table mine (id int)',
    'create schema mine',
    'create function mine() returns int language sql as $$ select 1 $$',
    'create extension pg_stat_statements',
    'create role mine',
    'create database mine',
    `drop table ${table}`,
    `alter table ${table} add column mine int`,
    `create index on ${table} (id)`,
    `truncate ${table}`,
    `alter table ${table} owner to ${roleOf(service)}`,
    // Goes round no constraint.
    `alter table ${table} disable trigger all`,
    `alter table ${table} drop constraint ${table}_pkey`,
    'set session_replication_role = replica',
    // What was recorded stays as it was recorded.
    `update change set payload = '{}'`,
    'delete from change',
    'delete from feed_head',
    'update feed_epoch set epoch = gen_random_uuid()',
    `delete from ${table}`,
    // The migrations are the owner's.
    `insert into migration (name) values ('mine')`,
    'update migration set name = name',
    'delete from migration',
    // Nothing on public.
    'create table public.mine (id int)',
    'create function public.mine() returns int language sql as $$ select 1 $$',
    // Nothing of the server.
    `copy change to program 'true'`,
    `copy change from program 'true'`,
    `copy change to '/tmp/mine'`,
    `select pg_read_file('/etc/hostname')`,
    `select lo_import('/etc/hostname')`,
    'select * from pg_authid',
    `alter system set fsync = 'off'`,
    'select pg_reload_conf()',
    `set log_min_error_statement = 'error'`,
    `set role ${ownerOf(service)}`,
    'set role postgres',
    'set session authorization postgres',
    ...others.map((other) => `set role ${roleOf(other)}`),
    `alter role ${roleOf(service)} superuser`,
  ]

  test('may change rows, and nothing else', async () => {
    const found = await outcomes(service, denied)
    expect(found.filter(([, code]) => code !== DENIED)).toEqual([])
  })

  test("can not enter another service's database, nor one of the administrator", async () => {
    const databases = [...others.map((other) => new URL(suite.stack.databaseUrls[other]).pathname.slice(1))]
    for (const database of databases) {
      const client = new Client({ connectionString: databaseUrl(suite.stack.databaseUrls[service], database) })
      await expect(client.connect()).rejects.toMatchObject({ code: DENIED })
    }
  })

  test('and that of its owner have no attribute, no membership and nothing of others; public has nothing', async () => {
    const roles = await suite.sql(
      service,
      `select rolname, rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls or rolinherit as more,
         exists (select from pg_auth_members m where m.member = r.oid) as member,
         has_schema_privilege(r.oid, 'public', 'usage') or has_schema_privilege(r.oid, 'public', 'create') as on_public,
         has_database_privilege(r.oid, current_database(), 'temporary') as temporary
       from pg_roles r where rolname = any($1) order by rolname`,
      [[roleOf(service), ownerOf(service)]],
    )
    const nothing = { more: false, member: false, on_public: false }
    expect(roles).toEqual([
      { rolname: ownerOf(service), ...nothing, temporary: true },
      { rolname: roleOf(service), ...nothing, temporary: false },
    ])
    const [left] = await suite.sql(
      service,
      `select (select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public') as relations,
         (select count(*)::int from pg_database d, aclexplode(d.datacl) a where d.datname = current_database() and a.grantee = 0) as of_database,
         (select count(*)::int from pg_class c, aclexplode(c.relacl) a
            where c.relnamespace = $1::regnamespace and a.grantee = 0) as of_tables`,
      [schemaOf(service)],
    )
    expect(left).toEqual({ relations: 0, of_database: 0, of_tables: 0 })
  })

  test('has its limits in each session', async () => {
    const client = new Client({ connectionString: suite.stack.databaseUrls[service] })
    await client.connect()
    const { rows } = await client.query(`select name, current_setting(name) as value from unnest($1::text[]) name`, [
      Object.keys(limits(service)),
    ])
    await client.end()
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual(limits(service))
  })
})

const limits = (service: ServiceName) => ({
  statement_timeout: '10s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '2s',
  transaction_timeout: '10s',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  search_path: `${schemaOf(service)}, pg_temp`,
})

test('a statement over its time is ended; the caller is told to repeat, and the next call is answered', async () => {
  const { username, pathname } = new URL(suite.stack.databaseUrls.rooms)
  // Shorter than it is, and for new sessions only.
  const role = `alter role ${username} in database ${pathname.slice(1)}`
  const endSessions = async () => {
    await suite.sql(
      'rooms',
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = current_database()',
      [username],
    )
    await eventually(async () => expect((await suite.rest('GET', '/rooms')).status).toBe(200))
  }
  await suite.sql('rooms', `${role} set statement_timeout = '200ms'`)
  await endSessions()
  await administer(suite.adminUrl('rooms'), async (lock) => {
    await lock.query('begin; lock table room in access exclusive mode')
    const answer = await suite.rest('GET', '/rooms')
    expect(refusal(answer)).toEqual([503, 'UNAVAILABLE'])
    expect(answer.headers.get('retry-after')).toBe('1')
    await lock.query('rollback')
  })
  expect((await suite.rest('GET', '/rooms')).status).toBe(200)
  await suite.sql('rooms', `${role} reset statement_timeout`)
  await endSessions()
})

test('tables of a build before, which stand in public, move to the schema with all that is theirs', async () => {
  const { adminUrl, secrets } = JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as TestCluster
  const database = `old_${process.pid}`
  const access = {
    ...{ service: 'rooms' as const, adminUrl },
    ...{ ownerPassword: secrets.owners.rooms, servicePassword: secrets.services.rooms },
  }
  await provision(access, database)
  await migrate(access, 'UTC', database)
  await administer(databaseUrl(adminUrl, database), async (client) => {
    await client.query('drop schema public; alter schema rooms rename to public')
    await client.query('grant usage on schema public to rooms_service')
  })
  try {
    await provision(access, database)
    await migrate(access, 'UTC', database)
    await administer(databaseUrl(adminUrl, database), async (client) => {
      const { rows } = await client.query(
        `select n.nspname, count(*)::int > 0 as tables from pg_namespace n left join pg_class c on c.relnamespace = n.oid
         where n.nspname in ('public', 'rooms') group by 1, c.oid is null order by 1`,
      )
      expect(rows.map(({ nspname }) => nspname)).toEqual(['public', 'rooms'])
      const hotels = await client.query('select count(*)::int from rooms.hotel')
      expect(hotels.rows).toEqual([{ count: 1 }])
    })
  } finally {
    await administer(adminUrl, (client) => client.query(`drop database ${database} with (force)`))
  }
})
