import type { Change, FeedServiceDefinition, Head } from '@hotel/proto/hotel/feed/v1/feed'
import type { ServiceImplementation } from 'nice-grpc'
import { callersHotels, isVisible } from '../access/hotels.ts'
import { places } from '../call/stream-places.ts'
import { Invalid, id, type Rule, valid } from '../call/valid.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { constraintOf } from '../protos/constraints.ts'
import type { ChangeRow, Encode, Rebuild } from './change-row.ts'
import type { Moved } from './feed-followers.ts'
import type { FeedListener } from './feed-listener.ts'
import { readFeedPage } from './feed-page.ts'
import { knownResources } from './known-resources.ts'
import { CUT_AFTER_MS, tooManyWatches, tooSlow } from './watch.ts'

/** So that the heads of however many hotels come in messages of some 250 KB. */
const MOST_HEADS = 5_000
const CHECKPOINT_EVERY_MS = 5_000
/** Apart from the watches of callers, who so take no place of the suite's own. */
const MOST_FOLLOWERS = 256
const PATIENCE_MS = 30_000

type FeedOptions = {
  orm: MikroORM
  heads: FeedListener
  rebuild: Rebuild
  encode: Encode
  /** The kinds of resources, by their tables. */
  resources: readonly string[]
}

/** The feed for the other services of the suite. */
export function feedService({
  orm,
  heads,
  rebuild,
  encode,
  resources,
}: FeedOptions): ServiceImplementation<typeof FeedServiceDefinition> {
  const takePlace = places({ total: MOST_FOLLOWERS }, tooManyWatches)
  return {
    async *watchHeads(_request, call) {
      const sendQueue = takePlace()
      const em = forkFor(orm, call.signal)
      const hotels = callersHotels()
      const own = hotels && new Set(hotels)
      const visible = (all: Iterable<readonly [string, bigint]>): Head[] =>
        [...all].filter(([hotel]) => own === null || own.has(hotel)).map(([hotel, seq]) => ({ hotel, seq }))
      // Follow first, then read: what commits in between is in one of the two.
      const following = heads.follow(call.signal)
      try {
        let epoch: string | undefined
        let moved: Moved | undefined
        while (!call.signal.aborted) {
          if (moved === undefined || (moved.epoch !== '' && moved.epoch !== epoch)) {
            // Numbers are told with the numbering that they were read with, never with one that was known before.
            const all = await allHeads(em)
            epoch = all.epoch
            yield* inParts(visible(all.heads), epoch)
          } else yield* inParts(visible(moved.heads), epoch ?? '')
          if (!(await sendQueue.taken(PATIENCE_MS, call.signal))) {
            sendQueue.cutAfter(CUT_AFTER_MS)
            throw tooSlow(PATIENCE_MS / 1_000)
          }
          moved = await following.moved(CHECKPOINT_EVERY_MS)
        }
      } finally {
        following.end()
      }
    },
    async listChanges(request, call) {
      const { hotel, after_seq: after } = valid(request, { hotel: id, after_seq: place })
      const { latest_only: latestOnly } = request
      const em = forkFor(orm, call.signal)
      if (!isVisible(hotel)) return { changes: [], epoch: (await allHeads(em, 'false')).epoch, up_to: after }
      const { epoch, rows, upTo } = await readFeedPage(em, { hotel, after, latestOnly })
      const { changes, isWhole } = readable(rows, (row) => encode(row.resource, rebuild(row.resource, row.payload)))
      return { changes, epoch, up_to: isWhole ? upTo : (changes.at(-1)?.seq ?? after) }
    },
    listResources: knownResources({ orm, rebuild, encode, resources }),
  }
}

/** No feed comes as far, and what is added to a place still is a number of the database. */
const { minimum: FIRST_PLACE, maximum: LAST_PLACE } = constraintOf('hotel.feed.v1.ListChangesRequest.after_seq')

const place: Rule<bigint> = (value) => {
  const seq = value as bigint
  if (seq < FIRST_PLACE || seq > LAST_PLACE)
    throw new Invalid('is not the number of a change: give 0 or a number from an answer')
  return seq
}

/** The changes up to the first that can not be read, which is thrown when it is the first of all. */
function readable(rows: readonly ChangeRow[], encoded: (row: ChangeRow) => Change['resource']) {
  const changes: Change[] = []
  for (const row of rows) {
    try {
      const { seq, version, time } = row
      changes.push({ seq: BigInt(seq), resource: encoded(row), version: BigInt(version), time: new Date(time) })
    } catch (error) {
      if (changes.length === 0) throw error
      return { changes, isWhole: false }
    }
  }
  return { changes, isWhole: true }
}

/** The numbering and the heads that it has, or those under a condition, of one snapshot. */
async function allHeads(
  em: EntityManager,
  condition = 'h.seq > 0',
): Promise<{ epoch: string; heads: [string, bigint][] }> {
  const rows = await query<{ epoch: string; hotel_id: string | null; seq: string }>(
    em,
    `select e.epoch, h.hotel_id, h.seq from feed_epoch e left join feed_head h on ${condition}`,
  )
  return {
    epoch: rows[0]?.epoch ?? '',
    heads: rows.flatMap(({ hotel_id, seq }): [string, bigint][] =>
      hotel_id === null ? [] : [[hotel_id, BigInt(seq)]],
    ),
  }
}

function* inParts(heads: readonly Head[], epoch: string) {
  for (let from = 0; from === 0 || from < heads.length; from += MOST_HEADS)
    yield { heads: heads.slice(from, from + MOST_HEADS), epoch, more: from + MOST_HEADS < heads.length }
}
