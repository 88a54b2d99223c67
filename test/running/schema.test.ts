import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { filesBelow } from '../../stack/setup/files-below.mjs'
import { root } from '../../stack/setup/run.mjs'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const isMigration = (file: string) => file.startsWith('migrations/')

describe.each(serviceNames)('the %s database', (service) => {
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

  test('each file of SQL in its folder is applied', async () => {
    const folder = path.join(root, 'services', service)
    const files = (await filesBelow(folder, '.sql')).map((file) => path.relative(folder, file).replace(/\.sql$/, ''))
    const [migrations, programs] = [files.filter(isMigration), files.filter((file) => !isMigration(file))]
    const applied = await suite.sql<{ name: string }>(service, 'select name from migration')
    expect(applied.map(({ name }) => `migrations/${name}`)).toEqual(expect.arrayContaining(migrations))
    const source = await readFile(path.join(folder, 'migrate.ts'), 'utf8')
    expect(programs.filter((file) => !source.includes(`'${file}'`))).toEqual([])
  })
})
