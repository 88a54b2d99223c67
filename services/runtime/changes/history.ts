import type { HistoryEntry, ListHistoryRequest, ListHistoryResponse } from '@hotel/proto/hotel/history/v1/history'
import { HistoryEntry_Kind as Kind } from '@hotel/proto/hotel/history/v1/history'
import { type EntityManager, query } from '../database/database.ts'
import type { Page } from '../resource/page.ts'
import type { ChangeRow } from './feed.ts'

/** Whose history: the table of the resource, and the field names of its message. */
export type Subject = { readonly table: string; readonly hotel: string; readonly fields: readonly string[] }

type Row = Pick<ChangeRow, 'version' | 'kind' | 'actor' | 'time' | 'payload'>

/** A page of a resource's changes from the feed's table, the latest first, each told as what differs from the one before. */
export async function listHistory(
  em: EntityManager,
  page: Page,
  { id }: ListHistoryRequest,
  { table, hotel, fields }: Subject,
): Promise<ListHistoryResponse> {
  const rows = await query<Row>(
    em,
    `select version, kind, actor, time, payload from change
     where hotel_id = $1 and resource = $2 and id = $3 ${page.after === undefined ? '' : 'and version < $5'}
     order by version desc limit $4`,
    [hotel, table, id, page.limit, ...(page.after ?? [])],
  )
  // One row more than the page was fetched: the one before the last of the page is there to compare with.
  const entries = rows.map((row, index) => entryOf(row, rows[index + 1]?.payload ?? {}, fields))
  const cut = page.cut(entries, ({ version }) => [version])
  return { entries: cut.rows, next_page_token: cut.next_page_token }
}

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
