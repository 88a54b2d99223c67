import type { AnyEntity, EntityMetadata, EntityProperty } from '@mikro-orm/postgresql'
import type { EntityManager } from './database.ts'
import type { Transaction } from './transaction.ts'

/** A row that is new, or changed: what it is of, its hotel and its id. */
export type Saved = { readonly table: string; readonly hotel: string; readonly id: string }

/** The changes of an entity manager that are not written yet. */
export type Unsaved = readonly { readonly meta: EntityMetadata; readonly entity: AnyEntity; readonly isNew: boolean }[]

/** What is new or changed among the entities of a manager. */
export function unsavedOf(em: EntityManager): Unsaved {
  const work = em.getUnitOfWork()
  work.computeChangeSets()
  return work.getChangeSets().map(({ meta, entity, type }) => {
    if (type !== 'create' && type !== 'update') throw new Error(`rows of ${meta.tableName} are not deleted`)
    return { meta, entity, isNew: type === 'create' }
  })
}

/**
 * Writes entities, new ones and changed ones of each table by one statement, which is the same for one entity and for many:
 * a connection plans it once. The ORM would put the values into the text. Their managers are of no more use afterwards.
 */
export async function save({ run }: Pick<Transaction, 'run'>, unsaved: Unsaved): Promise<void> {
  const byStatement = Map.groupBy(unsaved, ({ meta, isNew }) => statementsOf(meta)[isNew ? 'insert' : 'update'])
  await Promise.all(
    [...byStatement].map(([{ name, text, columns }, rows]) => {
      const of = (property: EntityProperty) => rows.map(({ entity }) => textOf(entity[property.name]))
      return run({ name, text }, [...columns.map(of), rows.length])
    }),
  )
  for (const { meta, entity, isNew } of unsaved) if (!isNew) entity[meta.versionProperty] += 1
}

/** What rows these are. */
export function savedOf(unsaved: Unsaved): Saved[] {
  return unsaved.map(({ meta, entity }) => ({ table: meta.tableName, hotel: entity.hotelId, id: entity.id }))
}

/** As Postgres reads it in an array of its column's type. */
function textOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `{${value.map((item) => JSON.stringify(item)).join(',')}}`
  return value ?? null
}

type Statement = { readonly name: string; readonly text: string; readonly columns: readonly EntityProperty[] }
type Statements = { readonly insert: Statement; readonly update: Statement }

const known = new WeakMap<EntityMetadata, Statements>()

function statementsOf(meta: EntityMetadata): Statements {
  const statements = known.get(meta) ?? makeStatements(meta)
  known.set(meta, statements)
  return statements
}

function makeStatements(meta: EntityMetadata): Statements {
  const { tableName: table } = meta
  const columns: EntityProperty[] = meta.props
  const names = columns.map(nameOf)
  const isKey = (column: EntityProperty) => column.primary === true
  const isVersion = (column: EntityProperty) => column.name === meta.versionProperty
  const rows = `unnest(${columns.map((column, index) => `$${index + 1}::${arrayOf(column)}[]`).join(', ')})
    with ordinality as n (${names.join(', ')}, place)`
  const set = columns
    .filter((column) => !isKey(column))
    .map((column) => `${nameOf(column)} = ${isVersion(column) ? `t.${nameOf(column)} + 1` : valueIn('n', column)}`)
  const found = columns.filter((column) => isKey(column) || isVersion(column)).map(nameOf)
  // By a value too, which says the one server that has the hotel's rows where these are spread over several.
  const hotels = `$${columns.findIndex((column) => nameOf(column) === 'hotel_id') + 1}::uuid[]`
  const ofOneHotel = `t.hotel_id = (${hotels})[1]`
  // From the hotel's head, which is taken: there the rows are made where they belong, and not sent through another server.
  const made = columns.map((column) => (nameOf(column) === 'hotel_id' ? 'h.hotel_id' : valueIn('n', column)))
  return {
    insert: {
      name: `insert_${table}`,
      text: `with made as (
          insert into ${table} (${names.join(', ')})
          select ${made.join(', ')} from ${rows}
          join feed_head h on h.hotel_id = n.hotel_id and h.hotel_id = any(${hotels}) order by n.place returning id)
        select demand_rows(count(*), $${columns.length + 1}) from made`,
      columns,
    },
    update: {
      name: `update_${table}`,
      text: `with changed as (
          update ${table} t set ${set.join(', ')} from ${rows}
          where ${[ofOneHotel, ...found.map((name) => `t.${name} = n.${name}`)].join(' and ')} returning t.id)
        select demand_rows(count(*), $${columns.length + 1}) from changed`,
      columns,
    },
  }
}

function nameOf({ fieldNames: [name = ''] }: EntityProperty): string {
  return name
}

/** Arrays of arrays have rows of one length only: each is a text there. */
function arrayOf(column: EntityProperty): string {
  return typeOf(column).endsWith('[]') ? 'text' : typeOf(column)
}

function valueIn(row: string, column: EntityProperty): string {
  const type = typeOf(column)
  // A cast of the text as a whole depends on settings, which Citus does not allow in an update.
  if (type === 'uuid[]') return `string_to_array(translate(${row}.${nameOf(column)}, '{}"', ''), ',')::uuid[]`
  return `${row}.${nameOf(column)}${type.endsWith('[]') ? `::${type}` : ''}`
}

/** Without a length or precision, which would cut the value. */
function typeOf({ columnTypes: [type = 'text'] }: EntityProperty): string {
  return type.replace(/\(.*\)/, '')
}
