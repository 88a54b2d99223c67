import { stateOf } from '@hotel/runtime/database/migration-mark'
import type { Client } from 'pg'
import { functionsOfRows, type Made, programsOf, triggersOf, viewsOf } from './catalogue.ts'
import { onCitus } from './programs.ts'
import type { Tables } from './tables.ts'

/** What a run has done in a database: nothing of it in one that was as it should be. */
export type Done = { readonly tables: readonly string[]; readonly functions: readonly string[] }

/** The function that goes to the worker as a whole, with the parameter that says which. */
const DELEGATED = { name: 'create_reservations_of_hotel', argument: 'hotel', beside: 'reservation' }

/**
 * Distributes the tables of a database whose nodes are known, in one transaction: writers wait, and what they commit before or after is
 * there. Then makes its functions ready for that. Safe to repeat.
 */
export async function distributeDatabase(client: Client, schema: string, tables: Tables): Promise<Done> {
  await client.query(`select set_config('search_path', $1, false)`, [`${schema}, public`])
  // Triggers write only what is of the row's hotel, which is on the same worker (test/distribution/rules.test.ts).
  await client.query('set citus.enable_unsafe_triggers = on')
  await client.query('set client_min_messages = warning')
  const made = await transaction(client, () => distributeTables(client, schema, tables))
  const functions = await transaction(client, () => adaptFunctions(client, schema))
  await delegate(client, schema)
  await mark(client, schema)
  return { tables: made, functions }
}

async function distributeTables(client: Client, schema: string, tables: Tables): Promise<string[]> {
  // One connection to each worker, so that each table sees those before it.
  await client.query(`set local citus.multi_shard_modify_mode = 'sequential'`)
  // Two who distribute at once would each find nothing done.
  await client.query('select pg_advisory_xact_lock(4711)')
  const { rows } = await client.query<{ name: string }>(
    'select c.relname as name from pg_dist_partition d join pg_class c on c.oid = d.logicalrelid where c.relnamespace = $1::regnamespace',
    [schema],
  )
  const there = new Set(rows.map(({ name }) => name))
  const everywhere = tables.everywhere.filter((name) => !there.has(name))
  const byHotel = tables.byHotel.filter((name) => !there.has(name))
  const byOther = Object.entries(tables.byOther).filter(([name]) => !there.has(name))
  if (everywhere.length + byHotel.length + byOther.length === 0) return []
  const triggers = await triggersOf(client, schema)
  const functions = await functionsOfRows(client, schema)
  const views = await viewsOf(client, schema)
  await drop(client, [...triggers, ...views, ...functions])
  for (const name of everywhere) await client.query('select create_reference_table($1::regclass)', [name])
  const [first = ''] = tables.byHotel
  for (const name of byHotel)
    await client.query(`select create_distributed_table($1::regclass, 'hotel_id', colocate_with => $2)`, [
      name,
      name === first ? 'none' : first,
    ])
  for (const [name, { column }] of byOther)
    await client.query(`select create_distributed_table($1::regclass, $2, colocate_with => 'none')`, [name, column])
  await make(client, [...functions, ...views, ...triggers])
  return [...everywhere, ...byHotel, ...byOther.map(([name]) => name)]
}

async function drop(client: Client, all: readonly Made[]): Promise<void> {
  for (const { drop } of all) await client.query(drop)
}

async function make(client: Client, all: readonly Made[]): Promise<void> {
  for (const { make } of all) for (const sql of make) await client.query(sql)
}

/** Has the functions say what distributed tables need, on all nodes. */
async function adaptFunctions(client: Client, schema: string): Promise<string[]> {
  const programs = await programsOf(client, schema)
  const { rows } = await client.query<{ id: string }>(
    `select d.objid::regprocedure::text as id from pg_dist_object d where d.classid = 'pg_proc'::regclass`,
  )
  const known = new Set(rows.map(({ id }) => id))
  const changed = programs.flatMap(({ id, ...program }) => {
    const definition = onCitus(program)
    return definition === undefined && known.has(id) ? [] : [{ id, name: program.name, definition }]
  })
  if (changed.length === 0) return []
  const views = await viewsOf(client, schema)
  await drop(client, views)
  for (const { definition } of changed) if (definition !== undefined) await client.query(definition)
  for (const { id } of changed)
    if (!known.has(id)) await client.query('select create_distributed_function($1::regprocedure)', [id])
  await make(client, views)
  return [...new Set(changed.map(({ name }) => name))]
}

/** Lets the grouped create go to the worker of its hotel as one call, which is one round trip. */
async function delegate(client: Client, schema: string): Promise<void> {
  const { name, argument, beside } = DELEGATED
  const { rows } = await client.query<{ id: string }>(
    `select p.oid::regprocedure::text as id from pg_proc p left join pg_dist_object d
       on d.classid = 'pg_proc'::regclass and d.objid = p.oid
     where p.pronamespace = $1::regnamespace and p.proname = $2 and d.distribution_argument_index is null`,
    [schema, name],
  )
  for (const { id } of rows)
    await client.query('select create_distributed_function($1::regprocedure, $2, colocate_with => $3)', [
      id,
      argument,
      beside,
    ])
}

/** Says that the schema as it is now is what its migration has left: the next start has nothing to do. */
async function mark(client: Client, schema: string): Promise<void> {
  await client.query('set search_path = pg_catalog')
  const { rows } = await client.query<{ mark: string | null }>(
    `select obj_description($1::regnamespace, 'pg_namespace') as mark`,
    [schema],
  )
  const [word, inputs, before] = rows[0]?.mark?.split(' ') ?? []
  const state = (await client.query<{ state: string }>(stateOf(schema))).rows[0]?.state
  if (word !== undefined && before !== state)
    await client.query(`comment on schema ${schema} is '${word} ${inputs} ${state}'`)
}

async function transaction<T>(client: Client, act: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await act()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
