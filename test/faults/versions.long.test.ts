import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl, migrate, ownerOf } from '@hotel/stack/servers/provision'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { TestCluster } from '../harness/test-cluster.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually } from '../support/hotel.ts'
import { contradictions, startLoad } from '../support/load.ts'

// The databases are migrated while callers go on; what instances of the build before call is there meanwhile, and says the same.
jest.setTimeout(180_000)

const { adminUrl, secrets } = JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as TestCluster
let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const databaseOf = (service: ServiceName) => new URL(suite.stack.databaseUrls[service]).pathname.slice(1)

/** As the start of a new build does, for which all that was made is another's: functions, triggers and grants are made again. */
async function migrateAgain(service: ServiceName): Promise<void> {
  await suite.sql(service, `comment on schema ${service} is null`)
  const [ownerPassword, servicePassword] = [secrets.owners[service], secrets.services[service]]
  expect(await migrate({ service, adminUrl, ownerPassword, servicePassword }, 'UTC', databaseOf(service))).toBe(true)
}

/** What a migration of a new build does: a column of a busy table, and an index of it. */
async function addColumn(service: ServiceName, table: string): Promise<void> {
  const owner = databaseUrl(adminUrl, databaseOf(service), ownerOf(service), secrets.owners[service])
  await administer(owner, async (client) => {
    await client.query(`alter table ${table} add column of_the_new_build int not null default 0`)
    await client.query(`create index concurrently of_the_new_build on ${table} (hotel_id, of_the_new_build)`)
  })
}

/** What an instance of the build before asks for free rooms by, as its role; and the answer of this build. */
async function demandSameOfBoth(): Promise<void> {
  // On nights that the load does not reach.
  const { json } = await suite.rest(
    'GET',
    `/room_availability?in_date=${day(5000)}&out_date=${day(5001)}&page_size=100`,
  )
  const before = `select room
    from room_availability($1, $2, null, null, null, '${ZEROS}', '', '${ZEROS}', 100, 0)`
  const rows = await administer(suite.stack.databaseUrls.reservations, async (client) => {
    return (await client.query<{ room: string }>(before, [day(5000), day(5001)])).rows
  })
  const rooms = (json.rooms as { id?: string; room?: string }[]).map(({ id, room }) => room ?? id)
  expect(rows.map(({ room }) => room)).toEqual(rooms)
  expect(rooms.length).toBeGreaterThan(0)
}

const ZEROS = '00000000-0000-0000-0000-000000000000'

test('migrations under load fail no call, and the build before finds its functions all the while', async () => {
  const load = await startLoad(suite, 6)
  const goesOn = async () => {
    const since = performance.now()
    await eventually(async () => expect(load.since(since).ok).toBeGreaterThan(12), 60_000)
  }
  try {
    await goesOn()
    await eventually(demandSameOfBoth)
    for (let turn = 0; turn < 2; turn++) {
      let isOver = false
      const migrating = Promise.all(serviceNames.map(migrateAgain)).finally(() => (isOver = true))
      while (!isOver) await demandSameOfBoth()
      await migrating
      await goesOn()
    }
    await addColumn('guests', 'guest')
    await addColumn('reservations', 'reservation')
    await Promise.all(serviceNames.map(migrateAgain))
    await goesOn()
    await load.stop()
    expect(suite.lines.filter((line) => line.includes('"code":"INTERNAL"')).slice(0, 2)).toEqual([])
    expect(load.since(0).failed).toEqual({})
    expect(await contradictions(suite, load)).toEqual([])
    await demandViewIsTrue(suite)
  } finally {
    await load.stop()
  }
})
