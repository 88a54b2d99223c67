import { isVisible } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/resource/id'
import { invalidFields, type Refusal } from '@hotel/runtime/resource/refusal'
import type { ImportRow } from '@hotel/runtime/transfer/stored-rows'
import { noSuch, type Referred } from './references.ts'

/** The hotel of each of these resources, by id alone; of those that are the caller's. */
export async function hotelsById(
  em: EntityManager,
  referred: Referred,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await query<{ id: string; hotel_id: string }>(
    em,
    `select id, hotel_id from ${referred} where id = any($1)`,
    [[...new Set(ids)].filter(isId)],
  )
  return new Map(rows.filter(({ hotel_id }) => isVisible(hotel_id)).map(({ id, hotel_id }) => [id, hotel_id]))
}

/** INVALID_FIELD of a reference to what is not there. */
export function unknown(field: Referred): Refusal {
  return invalidFields([{ field, description: noSuch(field) }])
}

/**
 * The refusals of rows that name what is not there, or what is deleted while they are live. Asked under the hotel's feed
 * head, so that what is found live stays so until the write commits.
 */
export async function danglingReferences<Row extends ImportRow>(
  em: EntityManager,
  rows: readonly Row[],
  fields: readonly Referred[],
): Promise<Map<Row, Refusal>> {
  const refusals = new Map<Row, Refusal>()
  for (const field of fields) {
    const idOf = (row: Row) => row[`${field}_id`] as string | null
    const ids = [...new Set(rows.map(idOf))].filter((id) => id !== null)
    const found = await query<{ id: string; live: boolean }>(
      em,
      `select id, delete_time is null as live from ${field} where hotel_id = $1 and id = any($2)`,
      [rows[0]?.hotel_id, ids],
    )
    const live = new Map(found.map(({ id, live }) => [id, live]))
    for (const row of rows) {
      const id = idOf(row)
      if (id === null || live.get(id) === true) continue
      if (!(live.has(id) && row.delete_time !== null)) refusals.set(row, unknown(field))
    }
  }
  return refusals
}
