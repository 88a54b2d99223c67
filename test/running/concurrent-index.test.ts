import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { migrate } from '@hotel/runtime/database/migrate'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl, ownerOf, roleOf } from '@hotel/stack/servers/provision'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TestCluster } from '../harness/test-cluster.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('a migration makes an index while writers go on, also where a try before was interrupted', async () => {
  const { adminUrl, secrets } = JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as TestCluster
  const database = new URL(suite.stack.databaseUrls.guests).pathname.slice(1)
  const owner = databaseUrl(adminUrl, database, ownerOf('guests'), secrets.owners.guests)
  const file = path.join(tmpdir(), `hotel-test-index-${randomUUID()}.sql`)
  await writeFile(file, 'create index concurrently known_hotel_confirm on known_hotel (confirm_time);')
  const plan = {
    schema: 'guests',
    migrations: [{ name: '9999-index', file: pathToFileURL(file), index: 'known_hotel_confirm' }],
    ...{ programs: [], grants: '' },
  }
  const write = `insert into known_hotel (hotel_id, confirm_time) values (gen_random_uuid(), clock_timestamp())`
  const valid = `select indisvalid as valid from pg_index where indexrelid = to_regclass('guests.known_hotel_confirm')`
  const waits = `select from pg_stat_activity where datname = $1 and query ~ '^(drop|create) index concurrently' and wait_event_type = 'Lock'`
  try {
    await administer(databaseUrl(adminUrl, database), async (writer) => {
      await writer.query('set search_path = guests; create index known_hotel_confirm on known_hotel (confirm_time)')
      await writer.query(`update pg_index set indisvalid = false where indexrelid = 'known_hotel_confirm'::regclass`)
      await writer.query('begin')
      await writer.query(write)
      const migrating = migrate(plan, { MIGRATION_DATABASE_URL: owner, SERVICE_ROLE: roleOf('guests') })
      await administer(databaseUrl(adminUrl, database), async (other) => {
        await eventually(async () => expect((await other.query(waits, [database])).rowCount).toBe(1))
        // A plain `create index` would keep this one waiting, too.
        await other.query(`set search_path = guests; set lock_timeout = '1s'`)
        await other.query(write)
      })
      await writer.query('commit')
      await migrating
      expect((await writer.query(valid)).rows).toEqual([{ valid: true }])
    })
  } finally {
    await rm(file, { force: true })
  }
})
