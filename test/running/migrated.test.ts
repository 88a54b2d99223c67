import { randomUUID } from 'node:crypto'
import { administer } from '@hotel/stack/servers/administer'
import { inputsOf, isMigrated } from '@hotel/stack/servers/migrated'
import { databaseUrl, migrate, provision, roleOf } from '@hotel/stack/servers/provision'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Client } from 'pg'
import type { TestCluster } from '../harness/test-cluster.ts'

const { adminUrl, secrets } = JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as TestCluster
const database = `migrated_${randomUUID().slice(0, 8)}`
const access = {
  ...{ service: 'guests' as const, adminUrl },
  ...{ ownerPassword: secrets.owners.guests, servicePassword: secrets.services.guests },
}
/** As each start does; gives whether it migrated. */
const start = async () => {
  await provision(access, database)
  return migrate(access, 'UTC', database)
}
const within = <T>(act: (client: Client) => Promise<T>) => administer(databaseUrl(adminUrl, database), act)
const isSo = async (client: Client, timeZone = 'UTC') =>
  isMigrated(client, 'guests', await inputsOf('guests', [roleOf('guests'), timeZone]))

beforeAll(async () => {
  expect(await start()).toBe(true)
})
afterAll(() => administer(adminUrl, (client) => client.query(`drop database if exists ${database} with (force)`)))

test('a start does not migrate what is as the last migration has left it', async () => {
  expect(await start()).toBe(false)
})

// What somebody did by hand, or a build before that has started since.
const changes: [what: string, sql: string][] = [
  [
    'another function',
    `create or replace function containing(word text, letters int) returns text language sql as 'select word'`,
  ],
  ['other settings of a function', 'alter function list_guests(uuid[], boolean, text, text, uuid, int) reset all'],
  ['one function more', `create function older() returns int language sql as 'select 1'`],
  ['a trigger that is off', 'alter table guest disable trigger guest_created'],
  ['no trigger', 'drop trigger guest_created on guest'],
  ['a privilege more', 'grant delete on guest to guests_service'],
  ['a privilege of a column', 'grant update (key) on idempotency_key to guests_service'],
  ['a privilege less', 'revoke insert on guest from guests_service'],
  ['no right to run a function', 'revoke execute on function forget_guest from guests_service'],
  ['no right to use the schema', 'revoke usage on schema guests from guests_service'],
  ['another owner', 'alter table guest owner to current_user'],
  ['a migration that was not made', `delete from migration where name = '0001-feed'`],
  ['no mark', 'comment on schema guests is null'],
  ['the mark of another build', `comment on schema guests is 'migrated ${'0'.repeat(64)} ${'0'.repeat(64)}'`],
]
test.each(changes)('it finds %s', async (_, sql) => {
  await within(async (client) => {
    await client.query('begin')
    expect(await isSo(client)).toBe(true)
    await client.query('reset search_path')
    await client.query(sql)
    expect(await isSo(client)).toBe(false)
    await client.query('rollback')
    expect(await isSo(client)).toBe(true)
  })
})

test('it finds other settings', async () => {
  expect(await within((client) => isSo(client, 'Europe/Rome'))).toBe(false)
})

test('what is found is put right, as by each migration', async () => {
  const fine = `select containing('a', 8) = '%a%' and not has_table_privilege('guests_service', 'guest', 'delete')
    and (select tgenabled = 'O' from pg_trigger where tgname = 'guest_created') as fine`
  await within(async (client) => {
    for (const [what, sql] of changes)
      if (/another function|that is off|privilege more/.test(what)) await client.query(sql)
    expect((await client.query(fine)).rows).toEqual([{ fine: false }])
    expect(await start()).toBe(true)
    expect((await client.query(fine)).rows).toEqual([{ fine: true }])
  })
  expect(await start()).toBe(false)
})
