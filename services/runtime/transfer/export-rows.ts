import { IsolationLevel } from '@mikro-orm/core'
import { callersHotels, type HotelIds, isOfHotels } from '../access/hotels.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'

const PAGE = 1_000

/** A row of an export: its place in the order, and the rest. */
export type ExportRow = { hotel_id: string; id: string; [column: string]: unknown }

/**
 * The caller's rows of a table, or of a query with its columns, by hotel and id, as of the moment of the first page: one
 * transaction that reads a snapshot. It may take as long as the reader does, so the limits of a call are lifted.
 */
export async function* exportRows(orm: MikroORM, signal: AbortSignal, from: string): AsyncGenerator<ExportRow[]> {
  const hotels = callersHotels()
  const em = forkFor(orm, signal)
  await em.begin({ isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true })
  try {
    await query(
      em,
      `select set_config('transaction_timeout', '0', true),
      set_config('idle_in_transaction_session_timeout', '60s', true)`,
    )
    let page = await pageAfter(em, from, hotels, undefined)
    while (page.length > 0) {
      yield page
      page = await pageAfter(em, from, hotels, page.at(-1))
    }
  } finally {
    await em.rollback()
  }
}

/** The messages of the caller's rows of a table, by its entity. */
export async function* exportEntities<Message>(
  orm: MikroORM,
  signal: AbortSignal,
  table: string,
  entity: new () => { toProto(): Message },
): AsyncGenerator<Message[]> {
  for await (const rows of exportRows(orm, signal, table)) {
    // A manager for each page: it keeps what it has mapped.
    const em = orm.em.fork()
    yield rows.map((row) => em.map(entity, row as never).toProto())
  }
}

async function pageAfter(
  em: EntityManager,
  from: string,
  hotels: HotelIds,
  last: ExportRow | undefined,
): Promise<ExportRow[]> {
  return query<ExportRow>(
    em,
    `select t.* from ${from} t where ${isOfHotels('t.hotel_id', '$1', hotels)}
       ${last === undefined ? '' : 'and (t.hotel_id, t.id) > ($2::uuid, $3::uuid)'}
     order by t.hotel_id, t.id limit ${PAGE}`,
    last === undefined ? [hotels] : [hotels, last.hotel_id, last.id],
  )
}
