import type { Change, FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import type { ServiceImplementation } from 'nice-grpc'
import { callersHotels, isVisible } from '../access/hotels.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { id, valid } from '../resource/valid.ts'
import type { Rebuild } from '../resource/write.ts'
import type { Heads } from './heads.ts'
import { knownResources } from './known-resources.ts'
import { places } from './places.ts'
import { CUT_AFTER_MS, tooManyWatches, tooSlow } from './watch.ts'

const PAGE = 500
const CHECKPOINT_EVERY_MS = 5_000
/** Apart from the watches of callers, who so take no place of the suite's own. */
const MOST_FOLLOWERS = 256
const PATIENCE_MS = 30_000

/** A row of the change table. */
export type ChangeRow = {
  seq: string
  resource: string
  version: number
  kind: 'CREATED' | 'UPDATED' | 'DELETED' | 'UNDELETED' | 'ERASED'
  actor: string
  time: string
  payload: Record<string, unknown>
}

/** A resource's message as `google.protobuf.Any`: its full name and how to encode it. */
export type Encode = (resource: string, message: object) => { type_url: string; value: Buffer }

type FeedOptions = {
  orm: MikroORM
  heads: Heads
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
      const outflow = takePlace()
      const em = forkFor(orm, call.signal)
      const hotels = callersHotels()
      const own = hotels && new Set(hotels)
      const epoch = await epochOf(em)
      // Follow first, then read: what commits in between is in one of the two.
      const following = heads.follow(call.signal)
      try {
        const all = await query<{ hotel_id: string; seq: string }>(
          em,
          'select hotel_id, seq from feed_head where seq > 0',
        )
        let moved = new Map(all.map(({ hotel_id, seq }) => [hotel_id, BigInt(seq)]))
        while (!call.signal.aborted) {
          const visible = [...moved].filter(([hotel]) => own === null || own.has(hotel))
          yield { heads: visible.map(([hotel, seq]) => ({ hotel, seq })), epoch }
          if (!(await outflow.taken(PATIENCE_MS, call.signal))) {
            outflow.cutAfter(CUT_AFTER_MS)
            throw tooSlow(PATIENCE_MS / 1_000)
          }
          moved = await following.moved(CHECKPOINT_EVERY_MS)
        }
      } finally {
        following.end()
      }
    },
    async listChanges(request, call) {
      const { hotel } = valid(request, { hotel: id })
      const { after_seq } = request
      const em = forkFor(orm, call.signal)
      const [epoch, rows] = [await epochOf(em), isVisible(hotel) ? await changesAfter(em, hotel, after_seq) : []]
      const changes = rows.map(
        (row): Change => ({
          seq: BigInt(row.seq),
          resource: encode(row.resource, rebuild(row.resource, row.payload)),
          version: BigInt(row.version),
          time: new Date(row.time),
        }),
      )
      return { changes, epoch }
    },
    listResources: knownResources({ orm, rebuild, encode, resources }),
  }
}

/** The identity of the database's feed numbering. */
async function epochOf(em: EntityManager): Promise<string> {
  const [row] = await query<{ epoch: string }>(em, 'select epoch from feed_epoch')
  return row?.epoch ?? ''
}

async function changesAfter(em: EntityManager, hotel: string, after: bigint): Promise<ChangeRow[]> {
  return query<ChangeRow>(
    em,
    `select seq, resource, version, kind, actor, time, payload from change
     where hotel_id = $1 and seq > $2 order by seq limit ${PAGE}`,
    [hotel, String(after)],
  )
}
