import { type EntityManager, query } from '../database/database.ts'
import type { ImportRow } from './stored-rows.ts'

/**
 * Claims the ids of new rows of one hotel, and gives those that another hotel's import has claimed: an import that runs at
 * once has not committed its rows yet, so that nothing but the key of this table shows them. Waits for the end of such an
 * import; in the order of ids, so that no two wait for each other.
 */
export async function claimIds(
  em: EntityManager,
  resource: string,
  rows: readonly ImportRow[],
): Promise<ReadonlySet<string>> {
  const [first] = rows
  if (first === undefined) return new Set()
  const ids = rows.map(({ id }) => id).sort()
  const claimed = await query(
    em,
    `insert into imported_id (id, resource, hotel) select id, $2, $3 from unnest($1::uuid[]) as i (id) order by id
     on conflict do nothing returning 1`,
    [ids, resource, first.hotel_id],
  )
  if (claimed.length === ids.length) return new Set()
  // A statement of its own, which sees what the one before has waited for.
  const others = await query<{ id: string }>(
    em,
    'select id from imported_id where id = any($1) and resource = $2 and hotel <> $3',
    [ids, resource, first.hotel_id],
  )
  return new Set(others.map(({ id }) => id))
}

/** Lets go of the ids of rows that are not stored after all. */
export async function releaseIds(em: EntityManager, resource: string, rows: readonly ImportRow[]): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  await query(em, 'delete from imported_id where id = any($1) and resource = $2 and hotel = $3', [
    rows.map(({ id }) => id),
    resource,
    first.hotel_id,
  ])
}
