import { setImmediate } from 'node:timers/promises'
import { admission } from '../database/admission.ts'
import { type MikroORM, query } from '../database/database.ts'
import type { ChangeRow, Rebuild } from './change-row.ts'

/** The numbers that each `Kind` of a change has in the protos. */
const KINDS = { CREATED: 1, UPDATED: 2, DELETED: 3, UNDELETED: 4, ERASED: 5 } as const

/** What comes after a place in the feed of a hotel. */
export type ChangePage = {
  /** Identity of the numbering, and the number of the hotel's last change, at the moment of the read. */
  readonly epoch: string
  readonly head: bigint
  /** The next changes of the wanted kind of resource, which stands under its own name, as in `GuestChange`. */
  readonly changes: readonly object[]
  /** No change of that kind up to this one is missing. */
  readonly upTo: bigint
}

/** Reads the next changes of a kind of resource of a hotel. */
export type ReadChanges = (hotel: string, resource: string, after: bigint) => Promise<ChangePage>

const MOST_ROWS = 200
/** Of the rows as JSON, so that an answer is small whatever the notes in it: it is all that is held for one reader. */
const MOST_BYTES = 65_536
/** Numbers that one read looks through for the wanted kind: others of the hotel may have changed much more. */
const MOST_LOOKED_THROUGH = 5_000
/** Callers that wait for an answer come first: most of the pool's connections are for them. */
const READS_AT_ONCE = 2

/**
 * Reads for all who watch: few at once, and one for those who ask for the same before it begins. One that has begun
 * is not shared: it may have missed the change that woke the next who asks.
 */
export function changeReader(orm: MikroORM, rebuild: Rebuild): ReadChanges {
  const asked = new Map<string, Promise<ChangePage>>()
  const admit = admission(READS_AT_ONCE, READS_AT_ONCE)
  const never = new AbortController().signal
  const begin = async (key: string, hotel: string, resource: string, after: bigint) => {
    // All that were woken together ask before this goes on.
    await setImmediate()
    using _place = await admit(hotel, never)
    asked.delete(key)
    return await readPage(orm, rebuild, hotel, resource, after)
  }
  return (hotel, resource, after) => {
    const key = `${hotel} ${resource} ${after}`
    const shared = asked.get(key) ?? begin(key, hotel, resource, after)
    asked.set(key, shared)
    return shared
  }
}

type Row = Omit<ChangeRow, 'seq'> & {
  epoch: string
  head: string
  /** Absent from the one row that there is when there are no changes. */
  seq: string | null
  /** Whether another change follows that was looked at and left out. */
  more: boolean
}

async function readPage(
  orm: MikroORM,
  rebuild: Rebuild,
  hotel: string,
  resource: string,
  after: bigint,
): Promise<ChangePage> {
  // The head and the changes are of one snapshot, in which no number up to the head is missing: it is locked by each
  // write until the write commits.
  const rows = await query<Row>(
    orm.em.fork(),
    `select e.epoch, h.head, page.seq, page.version, page.kind, page.actor, page.time, page.payload,
       page.next is not null as more
     from feed_epoch e
     cross join (select coalesce((select seq from feed_head where hotel_id = $1), 0) as head) h
     left join lateral (
       select found.*, lead(seq) over (order by seq) as next, row_number() over (order by seq) as place,
         sum(octet_length(payload::text)) over (order by seq) as bytes
       from (
         select c.seq, c.version, c.kind, c.actor, c.time, c.payload from change c
         where c.hotel_id = $1 and c.seq > $2 and c.seq <= least(h.head, $2::bigint + ${MOST_LOOKED_THROUGH})
           and c.resource = $3
         order by c.seq limit ${MOST_ROWS + 1}
       ) found
     ) page on page.place = 1 or (page.place <= ${MOST_ROWS} and page.bytes <= ${MOST_BYTES})
     order by page.seq`,
    [hotel, String(after), resource],
  )
  const last = rows.at(-1)
  if (last === undefined) throw new Error('the database has no feed epoch')
  const head = BigInt(last.head)
  const lookedThrough = after + BigInt(MOST_LOOKED_THROUGH)
  const end = lookedThrough < head ? lookedThrough : head
  return {
    epoch: last.epoch,
    head,
    changes: rows.filter(({ seq }) => seq !== null).map((row) => watchedChange(resource, row, rebuild)),
    upTo: last.more ? BigInt(last.seq ?? after) : end,
  }
}

function watchedChange(resource: string, { version, kind, actor, time, payload }: Row, rebuild: Rebuild): object {
  return {
    [resource]: rebuild(resource, payload),
    version: BigInt(version),
    time: new Date(time),
    actor,
    kind: KINDS[kind],
  }
}
