import { IsolationLevel } from '@mikro-orm/core'
import { callersHotels, type HotelIds, isOfHotels } from '../access/hotels.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { bounded, type Summed, withinBytes } from '../read/page-bytes.ts'

const PAGE = 1_000

/** A row of an export: its place in the order, and the rest. */
export type ExportRow = { hotel_id: string; id: string; [column: string]: unknown }

/** What is exported: a table, the size of a row `found` of it as `bounded` takes it, and columns besides, of a row `t`. */
export type Exported = { readonly table: string; readonly bytes: string; readonly more?: readonly string[] }

/**
 * The caller's rows of a table by hotel and id, as of the moment of the first page: one transaction that reads a snapshot.
 * A page is at most 1,000 rows and, if it is more than one, 512 KiB. It may take as long as the reader does, so the limits
 * of a call are lifted.
 */
export async function* exportRows(orm: MikroORM, signal: AbortSignal, exported: Exported): AsyncGenerator<ExportRow[]> {
  const hotels = callersHotels()
  const em = forkFor(orm, signal)
  await em.begin({ isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true })
  try {
    await query(
      em,
      `select set_config('transaction_timeout', '0', true),
      set_config('idle_in_transaction_session_timeout', '60s', true)`,
    )
    let page = await pageAfter(em, exported, hotels, undefined)
    while (page.length > 0) {
      yield page
      page = await pageAfter(em, exported, hotels, page.at(-1))
    }
  } finally {
    await em.rollback()
  }
}

/** The messages of the caller's rows of a table, by its entity. */
export async function* exportEntities<Message>(
  orm: MikroORM,
  signal: AbortSignal,
  exported: Exported,
  entity: new () => { toProto(): Message },
): AsyncGenerator<Message[]> {
  for await (const rows of exportRows(orm, signal, exported)) {
    // A manager for each page: it keeps what it has mapped.
    const em = orm.em.fork()
    yield rows.map((row) => em.map(entity, row as never).toProto())
  }
}

async function pageAfter(
  em: EntityManager,
  { table, bytes, more = [] }: Exported,
  hotels: HotelIds,
  last: ExportRow | undefined,
): Promise<ExportRow[]> {
  const page = bounded(
    `select * from ${table} where ${isOfHotels('hotel_id', '$1', hotels)}
       ${last === undefined ? '' : 'and (hotel_id, id) > ($2::uuid, $3::uuid)'}
     order by hotel_id, id limit ${PAGE}`,
    bytes,
  )
  const rows = await query<ExportRow & Summed>(
    em,
    `select ${['t.*', ...more].join(', ')} from (${page}) t order by t.place`,
    last === undefined ? [hotels] : [hotels, last.hotel_id, last.id],
  )
  return rows.slice(
    0,
    withinBytes(rows, ({ page_bytes }) => page_bytes),
  )
}
