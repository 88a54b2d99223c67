import { type EntityManager, query } from '../database/database.ts'
import type { ChangeRow } from './change-row.ts'

/** The next changes of a hotel for a follower, all read in one snapshot. */
export type FeedPage = {
  /** Identity of the numbering. */
  readonly epoch: string
  readonly rows: readonly ChangeRow[]
  /** No wanted change up to this one is missing. */
  readonly upTo: bigint
}

/** What is wanted of a hotel's feed: what comes after a number, or of that only the last change of each resource. */
export type FeedPlace = { readonly hotel: string; readonly after: bigint; readonly latestOnly: boolean }

const MOST_ROWS = 500
/** Of the rows as JSON, which is more than the message has: a gRPC client takes 4 MiB unless it says otherwise. */
const MOST_BYTES = 1_048_576
/** Numbers that one read looks through for what is wanted. */
const MOST_LOOKED_THROUGH = 5_000

type Row = Omit<ChangeRow, 'seq'> & {
  epoch: string
  head: string
  /** Absent from the one row that there is when there are no changes. */
  seq: string | null
  /** Whether another change follows that was looked at and left out. */
  more: boolean
}

/** Reads the next changes of a hotel, cut by their number and by their bytes: at least one, when there is one to find. */
export async function readFeedPage(em: EntityManager, { hotel, after, latestOnly }: FeedPlace): Promise<FeedPage> {
  const rows = await query<Row>(em, latestOnly ? PAGE_OF_LATEST : ALL, [hotel, String(after)])
  const last = rows.at(-1)
  if (last === undefined) throw new Error('the database has no feed epoch')
  const head = BigInt(last.head)
  const lookedThrough = after + BigInt(MOST_LOOKED_THROUGH)
  const end = lookedThrough < head ? lookedThrough : head
  return {
    epoch: last.epoch,
    rows: rows.flatMap(({ seq, ...row }) => (seq === null ? [] : [{ ...row, seq }])),
    upTo: last.more ? BigInt(last.seq ?? after) : end > after ? end : after,
  }
}

const pageOf = (condition: string) => `
  select e.epoch, h.head, page.seq, page.resource, page.version, page.kind, page.actor, page.time, page.payload,
    page.next is not null as more
  from feed_epoch e
  cross join (select coalesce((select seq from feed_head where hotel_id = $1), 0) as head) h
  left join lateral (
    select found.*, lead(seq) over (order by seq) as next, row_number() over (order by seq) as place,
      sum(octet_length(payload::text)) over (order by seq) as bytes
    from (
      select c.seq, c.resource, c.version, c.kind, c.actor, c.time, c.payload from change c
      where c.hotel_id = $1 and c.seq > $2 and c.seq <= least(h.head, $2::bigint + ${MOST_LOOKED_THROUGH}) ${condition}
      order by c.seq limit ${MOST_ROWS + 1}
    ) found
  ) page on page.place = 1 or (page.place <= ${MOST_ROWS} and page.bytes <= ${MOST_BYTES})
  order by page.seq`

const ALL = pageOf('')
/**
 * A page with the last change of each resource; $1 is the hotel, $2 the number before. The last version comes by an ordered
 * sub-query: by the statistics of a table that was empty a minute ago, the planner would make an anti-join by the key
 * (hotel_id, seq), which reads all changes of the hotel for each of them. The order leaves one index.
 */
export const PAGE_OF_LATEST = pageOf(`and c.version = (
  select later.version from change later
  where later.hotel_id = $1 and later.resource = c.resource and later.id = c.id
  order by later.version desc limit 1)`)
