import { programsOf } from '@hotel/stack/distribute/catalogue'
import { distribute } from '@hotel/stack/distribute/distribute'
import { onCitus } from '@hotel/stack/distribute/programs'
import { tables } from '@hotel/stack/distribute/tables'
import { administer } from '@hotel/stack/servers/administer'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

// What lets the tables be distributed by hotel_id (docs/scaling.md), asked of the catalogue of plain PostgreSQL.

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Several unique indexes that have one name without the digits at its end: one rule, kept by an index of each build. */
const SAME_RULE = ['room_number_live_key', 'room_type_name_live_key']

/** Functions with a default that differs from call to call, and why the result may depend on it. */
const MOVING_DEFAULTS: Readonly<Record<string, string>> = {
  hold_rooms: 'instances of the build before call it without the time',
  verify_current_and_upcoming: 'an operator asks about now',
}

/** Triggers for each row, which need no transition table. */
const OF_ROWS: Readonly<Record<string, string>> = {
  guest_search_filled: 'fills a column of the row',
  replica_epoch_renumbered: 'fills a column of the row',
  room_namesake_ended: 'fills a column of the row',
  room_type_namesake_ended: 'fills a column of the row',
  room_succeeded: 'one row of the same hotel follows, seldom',
  room_type_succeeded: 'one row of the same hotel follows, seldom',
}

/** Constraints, and unique indexes that are none, of the tables of a service's schema. */
const KEYS = `
  select c.relname as "table", k.name, k.kind, k.attributes[1] = h.attnum as "isFirst", k.foreign_table as "foreignTable",
    k.foreign_first as "foreignFirst"
  from (
    select conrelid, conname as name, contype::text as kind, conkey as attributes, confrelid::regclass::text as foreign_table,
      (select attname from pg_attribute a where a.attrelid = confrelid and a.attnum = confkey[1]) as foreign_first
    from pg_constraint where contype in ('p', 'u', 'x', 'f')
    union all
    select indrelid, i.relname, 'i', array[indkey[0]], null, null
    from pg_index x join pg_class i on i.oid = x.indexrelid where x.indisunique
  ) k join pg_class c on c.oid = k.conrelid
  left join pg_attribute h on h.attrelid = c.oid and h.attname = 'hotel_id'
  where c.relnamespace = current_schema::regnamespace`

type Key = {
  readonly table: string
  readonly name: string
  readonly kind: string
  readonly isFirst: boolean | null
  readonly foreignTable: string
  readonly foreignFirst: string | null
}

describe.each(serviceNames)('the %s database', (service) => {
  const { byHotel, byOther, everywhere, here } = tables[service]
  const distributed = [...byHotel, ...Object.keys(byOther)]
  const names = async (sql: string) => (await suite.sql<{ name: string }>(service, sql)).map(({ name }) => name)
  const keys = async (of: readonly string[]) =>
    (await suite.sql<Key>(service, KEYS)).filter(({ table }) => of.includes(table))

  test('has the tables of the list, and those of a hotel are distributed by it', async () => {
    const all = await names(
      `select relname as name from pg_class where relnamespace = current_schema::regnamespace and relkind in ('r', 'p')`,
    )
    expect(all.sort()).toEqual([...distributed, ...everywhere, ...here].sort())
    const ofHotels = await names(`
      select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = current_schema::regnamespace and c.relkind in ('r', 'p') and a.attname = 'hotel_id'
        and a.atttypid = 'uuid'::regtype and a.attnotnull`)
    expect(ofHotels.sort()).toEqual([...byHotel].sort())
  })

  test('has the column by which a table is distributed first in each key', async () => {
    const wrong = (await keys(byHotel)).filter(({ isFirst }) => isFirst !== true)
    expect(wrong).toEqual([])
    for (const [table, { column }] of Object.entries(byOther)) {
      const [first] = await names(`
        select a.attname as name from pg_index x join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
        where x.indisunique and x.indrelid = '${table}'::regclass`)
      expect(first).toBe(column)
    }
  })

  test('has foreign keys between tables of one hotel only', async () => {
    const foreign = (await keys([...distributed, ...everywhere, ...here])).filter(({ kind }) => kind === 'f')
    expect(foreign.filter(({ foreignFirst }) => foreignFirst !== 'hotel_id')).toEqual([])
    expect(
      foreign.filter(({ table, foreignTable }) => ![table, foreignTable].every((one) => byHotel.includes(one))),
    ).toEqual([])
    // Parents first, as they are distributed in this order.
    expect(foreign.filter(({ table, foreignTable }) => byHotel.indexOf(foreignTable) > byHotel.indexOf(table))).toEqual(
      [],
    )
    // Replicas come in any order: nothing refers to them.
    expect(foreign.length > 0).toBe(service === 'rooms')
  })

  test('defers nothing, and counts by no sequence', async () => {
    expect(await names('select conname as name from pg_constraint where condeferrable')).toEqual([])
    // The ORM's own table of migrations is of no hotel.
    expect(await names(`select relname as name from pg_class where relkind = 'S'`)).toEqual(['migration_id_seq'])
    expect(await names(`select attname as name from pg_attribute where attidentity <> ''`)).toEqual([])
  })

  test('has names of constraints that a worker can number: unique, and under 50 characters', async () => {
    const all = (await keys([...distributed, ...everywhere, ...here])).map(({ name }) => name)
    const checks = await names(`
      select conname as name from pg_constraint where connamespace = current_schema::regnamespace and contype in ('c', 'n')`)
    // The index of a constraint has its name.
    const unique = [...new Set(all), ...checks]
    expect(unique.filter((name) => name.length >= 50)).toEqual([])
    const read = unique.map((name) => name.replace(/_\d+$/, ''))
    const twice = read.filter((name, index) => read.indexOf(name) !== index)
    expect(twice.filter((name) => !SAME_RULE.includes(name))).toEqual([])
  })

  test('has no default that another node could make otherwise', async () => {
    const defaults = await names(`
      select c.relname || '.' || a.attname as name
      from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum join pg_class c on c.oid = d.adrelid
      where c.relname = any('{${[...distributed, ...everywhere]}}') and a.attgenerated = ''
        and pg_get_expr(d.adbin, d.adrelid) ~ '[a-z_]\\('`)
    expect(defaults).toEqual([])
    const functions = await names(`
      select proname as name from pg_proc where pronamespace = current_schema::regnamespace
        and pg_get_expr(proargdefaults, 0) ~ '[a-z_]\\(|CURRENT_'`)
    expect(functions.filter((name) => !(name in MOVING_DEFAULTS))).toEqual([])
  })

  test('has functions that can be prepared for Citus, each once', async () => {
    await administer(suite.adminUrl(service), async (client) => {
      const programs = await programsOf(client, service)
      const changed = programs.flatMap((program) => {
        const definition = onCitus(program)
        return definition === undefined ? [] : [{ ...program, definition }]
      })
      expect(changed.map(({ name }) => name)).toContain('record_changes')
      await client.query('begin')
      for (const { definition } of changed) await client.query(definition)
      const again = await programsOf(client, service)
      expect(again.filter((program) => onCitus(program) !== undefined)).toEqual([])
      await client.query('rollback')
    })
  })

  test('is left as it is unless workers are asked for, which needs the extension', async () => {
    const url = suite.adminUrl(service)
    const database = new URL(url).pathname.slice(1)
    const asked = { coordinator: undefined, workers: undefined }
    expect(await distribute(service, url, asked, database)).toMatch(/stays as it is: CITUS_WORKERS names no workers/)
    await expect(distribute(service, url, { ...asked, workers: ['127.0.0.1:1'] }, database)).rejects.toThrow(
      'does not have the extension: install Citus there, or unset CITUS_WORKERS',
    )
  })

  test('has triggers that gather the changed rows before they read or write a distributed table', async () => {
    const triggers = await suite.sql<{ name: string; isOfRows: boolean; source: string; rows: string[] }>(
      service,
      `select t.tgname as name, t.tgtype & 1 = 1 as "isOfRows", p.prosrc as source,
         array_remove(array[t.tgnewtable::text, t.tgoldtable::text], null) as rows
       from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_class c on c.oid = t.tgrelid
       where not t.tgisinternal and c.relnamespace = current_schema::regnamespace`,
    )
    expect(triggers.length).toBeGreaterThan(0)
    expect(triggers.filter(({ name, isOfRows }) => isOfRows !== name in OF_ROWS)).toEqual([])
    const mixed = triggers.flatMap(({ name, source, rows }) =>
      source
        .replaceAll(/--.*$/gm, '')
        .split(';')
        .filter((statement) => rows.some((row) => namesTable(statement, row)))
        .filter((statement) => distributed.some((table) => namesTable(statement, table)))
        .map((statement) => `${name}: ${statement.trim()}`),
    )
    expect(mixed).toEqual([])
  })
})

/** Whether a statement reads or writes a table of this name. */
function namesTable(statement: string, table: string): boolean {
  return new RegExp(String.raw`\b(from|join|into|update|using)\s+${table}\b`, 'i').test(statement)
}
