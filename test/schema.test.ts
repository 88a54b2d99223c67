import { serviceNames } from '@hotel/stack/service-names'
import { type Suite, sharedSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

describe.each(serviceNames)('the %s database', (service) => {
  test('every key of a table with hotel_id begins with it, or is of no constraint', async () => {
    const keys = await suite.sql(
      service,
      `select c.conrelid::regclass as table, c.conname from pg_constraint c
       join pg_attribute h on h.attrelid = c.conrelid and h.attname = 'hotel_id'
       where c.contype in ('p', 'u', 'x', 'f') and c.conkey[1] <> h.attnum`,
    )
    expect(keys).toEqual([])
  })

  test('nothing is deferrable, nothing counts by a sequence', async () => {
    expect(await suite.sql(service, 'select conname from pg_constraint where condeferrable')).toEqual([])
    const sequences = await suite.sql<{ relname: string }>(service, `select relname from pg_class where relkind = 'S'`)
    // The ORM's own table of migrations is of no hotel.
    expect(sequences.map(({ relname }) => relname)).toEqual(['migration_id_seq'])
  })

  test('names of constraints are under 50 characters', async () => {
    expect(await suite.sql(service, 'select conname from pg_constraint where length(conname) >= 50')).toEqual([])
  })

  test("the service's role can neither create nor drop, and owns nothing", async () => {
    const url = new URL(suite.stack.databaseUrls[service])
    const role = decodeURIComponent(url.username)
    const [rights] = await suite.sql(
      service,
      `select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, has_schema_privilege(rolname, 'public', 'create') as creates,
         has_database_privilege(rolname, current_database(), 'create') as schemas,
         exists (select 1 from pg_class where relowner = pg_roles.oid) as owns
       from pg_roles where rolname = $1`,
      [role],
    )
    expect(Object.values(rights ?? { missing: true })).toEqual(Array(7).fill(false))
  })
})
