import type { Change } from '@hotel/proto/hotel/feed/v1/feed'
import { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import { Renumbered, type Replica, type Standing } from '@hotel/runtime/changes/replica'
import { type EntityManager, type MikroORM, query } from '@hotel/runtime/database/database'
import type { Writer } from '@hotel/runtime/resource/write'
import { FEEDS, type Feed, type Kind, placeIn } from './feeds.ts'
import { storeGuests, storeReplica } from './replicas.ts'

/** The tables that each feed fills; a row is void once its generation is over, unless the feed repeats it. */
const TABLES: Readonly<Record<Feed, readonly string[]>> = {
  [FEEDS.guests]: ['guest'],
  [FEEDS.rooms]: ['hotel', 'location', 'room_type', 'room'],
}

const MOST_FORGOTTEN = 500

/** The replica of one service's feed in the reservations database. */
export function replicaOf(feed: Feed, orm: MikroORM, writer: Writer): Replica {
  /** Runs at the place that is asked for, under the hotel's head, so that none of the hotel's feed is at another. */
  const at = (
    hotel: string,
    epoch: string,
    signal: AbortSignal,
    act: (em: EntityManager, place: Place, now: Date) => Promise<void>,
  ) =>
    writer.system(
      hotel,
      async ({ em, now }) => {
        const place = await placeIn(em, feed, hotel)
        if (place.epoch !== epoch) throw new Renumbered()
        await act(em, place, now)
      },
      signal,
    )
  const load = () => standingIn(orm.em.fork(), feed)
  return {
    load,
    async restart(known, epoch) {
      await query(orm.em.fork(), 'select renumber_replica($1, $2, $3)', [feed, known ?? null, epoch])
      return load()
    },
    apply: (hotel, { epoch, after, upTo, changes }, signal) =>
      at(hotel, epoch, signal, async (em, { generation, seq }) => {
        // This database was restored to before; or another instance has been here.
        if (seq < after) throw new Renumbered()
        if (seq >= upTo) return
        await storeChanges(em, changes, generation)
        await query(
          em,
          `insert into replica_cursor as c (hotel_id, feed, seq, generation, sure) values ($1, $2, $3, $4, $4)
           on conflict (hotel_id, feed) do update set seq = excluded.seq, generation = excluded.generation`,
          [hotel, feed, String(upTo), generation],
        )
      }),
    async forget(hotel, epoch, signal) {
      let isSure = false
      await at(hotel, epoch, signal, async (em, { generation }, now) => {
        isSure = await forgetSome(em, feed, hotel, generation, now)
        if (!isSure) return
        await query(em, 'update replica_cursor set sure = $3 where hotel_id = $1 and feed = $2', [
          hotel,
          feed,
          generation,
        ])
      })
      return isSure
    },
    async demandDatabase() {
      await query(orm.em.fork(), 'select 1')
    },
  }
}

type Place = Awaited<ReturnType<typeof placeIn>>

async function standingIn(em: EntityManager, feed: Feed): Promise<Standing> {
  type Row = { own: string; epoch: string | null; hotel_id: string | null; seq: string | null; sure: boolean }
  const rows = await query<Row>(
    em,
    `select own.epoch as own, e.epoch, c.hotel_id, case when c.generation = e.generation then c.seq end as seq,
       c.sure = e.generation as sure
     from feed_epoch own left join replica_epoch e on e.feed = $1 left join replica_cursor c on c.feed = e.feed`,
    [feed],
  )
  const applied = new Map<string, bigint>()
  const unsure = new Set<string>()
  for (const { hotel_id, seq, sure } of rows) {
    if (hotel_id === null) continue
    if (seq !== null) applied.set(hotel_id, BigInt(seq))
    if (!sure) unsure.add(hotel_id)
  }
  return { own: rows[0]?.own ?? '', epoch: rows[0]?.epoch ?? undefined, applied, unsure }
}

async function storeChanges(em: EntityManager, changes: readonly Change[], generation: number): Promise<void> {
  const guests = []
  for (const { resource, version } of changes) {
    if (resource?.type_url.endsWith('.Guest'))
      guests.push({ guest: Guest.decode(resource.value), version: Number(version) })
    else if (resource !== undefined)
      await storeReplica(em, resource.type_url, resource.value, { version: Number(version), generation })
  }
  await storeGuests(em, guests, generation)
}

/**
 * Takes for deleted what an earlier numbering said of a hotel and this one, all of which is applied, does not: it was made
 * after the backup that the owner's database is from. The rows stay, for what refers to them. True when no more is left.
 */
async function forgetSome(
  em: EntityManager,
  feed: Feed,
  hotel: string,
  generation: number,
  now: Date,
): Promise<boolean> {
  for (const table of TABLES[feed]) {
    const gone = await query(
      em,
      `update ${table} t set delete_time = $3, version = 0, generation = $2
       where t.hotel_id = $1 and t.id = any(array(
         select g.id from ${table} g
         where g.hotel_id = $1 and g.delete_time is null and g.generation < $2 limit ${MOST_FORGOTTEN}))
       returning t.id`,
      [hotel, generation, now.toISOString()],
    )
    if (gone.length === MOST_FORGOTTEN) return false
  }
  return true
}

/**
 * Takes for deleted what is left of an earlier generation of some resources that their owner was asked for just now, of
 * the caller's hotels: the owner does not have it.
 */
export async function forgetReplicas(
  orm: MikroORM,
  writer: Writer,
  { kind, ids, generation }: { kind: Kind; ids: readonly string[]; generation: number },
): Promise<void> {
  if (generation === 0) return
  const condition = 'id = any($1) and delete_time is null and generation < $2'
  const own = callersHotels()
  const rows = await query<{ hotel_id: string }>(
    orm.em.fork(),
    `select distinct hotel_id from ${kind} where ${condition} and ${isOfHotels('hotel_id', '$3', own)}`,
    [ids, generation, own],
  )
  for (const { hotel_id } of rows) {
    await writer.system(hotel_id, async ({ em, now }) => {
      await query(
        em,
        `update ${kind} set delete_time = $3, version = 0, generation = $2 where hotel_id = $4 and ${condition}`,
        [ids, generation, now.toISOString(), hotel_id],
      )
    })
  }
}
