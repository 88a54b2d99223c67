import { type EntityManager, query } from '../database/database.ts'
import type { Write } from '../resource/write.ts'

/** A row to store, under the names of the table's columns. `create_time` is that of the import unless it is given. */
export type ImportRow = {
  readonly hotel_id: string
  readonly id: string
  readonly create_time: Date | undefined
  readonly delete_time: Date | null
  readonly [column: string]: unknown
}

/** The rows that are there with the ids of these, of whatever hotel, by id. */
export async function existingRows(
  em: EntityManager,
  table: string,
  rows: readonly ImportRow[],
): Promise<Map<string, Record<string, unknown>>> {
  const ids = rows.map(({ id }) => id)
  const found = await query<{ row: Record<string, unknown> }>(
    em,
    `select to_jsonb(t) as row from ${table} t where id = any($1)`,
    [ids],
  )
  return new Map(found.map(({ row }) => [String(row.id), row]))
}

/** The columns in which a row that is given differs from another; what is not given is not compared. */
export function differences(row: ImportRow, there: Record<string, unknown>): string[] {
  return Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .filter(([column, value]) => comparable(value, value) !== comparable(there[column] ?? null, value))
    .map(([column]) => column.replace(/^(hotel|location|room|room_type|guest)_id$/, '$1'))
}

/** A value as text, read as the kind of value that the other one is. */
function comparable(value: unknown, as: unknown): string {
  if (as instanceof Date && value !== null) return String(new Date(value as string | Date).getTime())
  return JSON.stringify(value)
}

/**
 * Inserts rows by one statement, in their order, so that the statement triggers run once; gives those that another row
 * forbids by a unique index.
 */
export async function insertRows<Row extends ImportRow>(
  { em, now, actor }: Write,
  table: string,
  rows: readonly Row[],
): Promise<Row[]> {
  const first = rows[0]
  if (first === undefined) return []
  const columns = Object.keys(first)
  const values = columns.map((column) => (column === 'create_time' ? 'coalesce(create_time, $2)' : column))
  const inserted = await query<{ id: string }>(
    em,
    `insert into ${table} (${columns.join(', ')}, update_time, updated_by, version)
     select ${values.join(', ')}, $2, $3, 1 from json_populate_recordset(null::${table}, $1::json)
     on conflict do nothing returning id`,
    [JSON.stringify(rows), now.toISOString(), actor],
  )
  if (inserted.length === rows.length) return []
  const ids = new Set(inserted.map(({ id }) => id))
  return rows.filter(({ id }) => !ids.has(id))
}

/** Gives a row that is there the content of an imported one. */
export async function overwriteRow({ em, now, actor }: Write, table: string, row: ImportRow): Promise<void> {
  const columns = Object.entries(row).flatMap(([column, value]) =>
    value === undefined || column === 'hotel_id' || column === 'id' ? [] : [column],
  )
  await query(
    em,
    `update ${table} t set ${columns.map((column) => `${column} = r.${column}`).join(', ')},
       update_time = $2, updated_by = $3, version = t.version + 1
     from json_populate_record(null::${table}, $1::json) r where t.hotel_id = r.hotel_id and t.id = r.id`,
    [JSON.stringify(row), now.toISOString(), actor],
  )
}
