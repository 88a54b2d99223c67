import type { HistoryEntry, ListHistoryRequest, ListHistoryResponse } from '@hotel/proto/hotel/history/v1/history'
import { HistoryEntry_Kind as Kind } from '@hotel/proto/hotel/history/v1/history'
import type { CallContext } from 'nice-grpc'
import { hotelOf } from '../access/hotels.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import type { Page, Pager } from '../read/page.ts'
import { MOST_BYTES, type Summed } from '../read/page-bytes.ts'
import type { ChangeRow } from './change-row.ts'

/** The resource of a history: its table, and the field names of its message. */
export type Subject = { readonly table: string; readonly hotel: string; readonly fields: readonly string[] }

type Row = Summed & Pick<ChangeRow, 'version' | 'kind' | 'actor' | 'time' | 'payload'>

/** The method that lists the history of a resource, whose name is also that of its table. */
export function historyMethod(orm: MikroORM, page: Pager, method: string, resource: string, message: object) {
  const fields = historyFields(message)
  return async (request: ListHistoryRequest, call: CallContext): Promise<ListHistoryResponse> => {
    const em = forkFor(orm, call.signal)
    const hotel = await hotelOf(em, resource, request.id)
    return listHistory(em, page(method, request), request, { table: resource, hotel, fields })
  }
}

/** A page of a resource's changes from the feed's table, the latest first, each told as what differs from the one before. */
export async function listHistory(
  em: EntityManager,
  page: Page,
  { id }: ListHistoryRequest,
  { table, hotel, fields }: Subject,
): Promise<ListHistoryResponse> {
  const rows = await query<Row>(em, CHANGES_BACKWARDS, [hotel, table, id, page.limit, page.after?.[0] ?? null])
  const cut = page.cut(
    rows,
    ({ version }) => [version],
    ({ page_bytes }) => page_bytes,
  )
  // One row more than the page was fetched: the one before the last of the page is there to compare with.
  const entries = cut.rows.map((row, index) => entryOf(row, rows[index + 1]?.payload ?? {}, fields))
  return { entries, next_page_token: cut.next_page_token }
}

/**
 * Rows as those of `bounded`, one after another: only what is in them is read, of histories whose rows are large. A value
 * is in two entries, as what it was and as what it became, so it counts twice.
 */
const CHANGES_BACKWARDS = `
  with recursive page as (
    (select c.version, c.kind, c.actor, c.time, c.payload, 2 * octet_length(c.payload::text) as page_bytes, 1 as place
     from change c
     where c.hotel_id = $1 and c.resource = $2 and c.id = $3 and ($5::int is null or c.version < $5)
     order by c.version desc limit 1)
    union all
    select next.*, p.page_bytes + 2 * octet_length(next.payload::text), p.place + 1
    from page p cross join lateral (
      select c.version, c.kind, c.actor, c.time, c.payload from change c
      where c.hotel_id = $1 and c.resource = $2 and c.id = $3 and c.version < p.version
      order by c.version desc limit 1) next
    where p.place < $4 and (p.page_bytes <= ${MOST_BYTES} or p.place = 1)
  )
  select version, kind, actor, time, payload, page_bytes from page order by place`

/** The fields of a message that a history tells about; those that every change alters, or none, are told by the entry. */
export function historyFields(message: object): string[] {
  return Object.keys(message).filter((field) => !TOLD_BY_THE_ENTRY.has(field))
}

const TOLD_BY_THE_ENTRY = new Set(['id', 'hotel', 'create_time', 'update_time', 'etag'])

function entryOf(row: Row, before: Record<string, unknown>, fields: readonly string[]): HistoryEntry {
  return {
    version: row.version,
    time: new Date(row.time),
    actor: row.actor,
    kind: Kind[row.kind],
    fields: fields
      .map((field) => ({ field, from: valuesOf(before, field), to: valuesOf(row.payload, field) }))
      .filter(({ from, to }) => from.join('\0') !== to.join('\0')),
  }
}

/** A field's values in a row of its table, where a reference's column ends in `_id`. */
function valuesOf(row: Record<string, unknown>, field: string): string[] {
  const value = row[field] ?? row[`${field}_id`] ?? []
  return [value].flat().map((item) => (isInstant(field) ? new Date(item as string).toISOString() : String(item)))
}

function isInstant(field: string): boolean {
  return /_(time|datetime|until)$/.test(field)
}
