import { type EntityManager, query } from '@hotel/runtime/database/database'

/**
 * The names under which this build keeps its place in each feed. A replica that keeps more than before takes a new name,
 * so that it reads the feed from the beginning, also while instances of the build before go on under theirs.
 */
export const FEEDS = { guests: 'guests', rooms: 'rooms-2' } as const

/** A feed by the name of its place. */
export type Feed = (typeof FEEDS)[keyof typeof FEEDS]

/** How often the numbering of a feed has changed here: what rows are marked with that this numbering has said. */
export async function generationOf(em: EntityManager, feed: Feed): Promise<number> {
  const [row] = await query<{ generation: number }>(em, 'select replica_generation($1) as generation', [feed])
  return row?.generation ?? 0
}

/** Where the replica of a hotel stands in a feed, and the numbering's identity, if it was ever seen. */
export async function placeIn(
  em: EntityManager,
  feed: Feed,
  hotel: string,
): Promise<{ epoch: string | undefined; generation: number; seq: bigint }> {
  const [row] = await query<{ epoch: string; generation: number; seq: string }>(
    em,
    `select e.epoch, e.generation, coalesce(c.seq, 0) as seq
     from replica_epoch e
     left join replica_cursor c on c.feed = e.feed and c.hotel_id = $2 and c.generation = e.generation
     where e.feed = $1`,
    [feed, hotel],
  )
  return { epoch: row?.epoch, generation: row?.generation ?? 0, seq: BigInt(row?.seq ?? 0) }
}

/** The resources of other services that reservations refer to, by the name of the replica. */
export type Kind = 'guest' | 'room' | 'room_type' | 'location'

/** Which feed tells of each kind. */
export const FEED_OF: Readonly<Record<Kind, Feed>> = {
  guest: FEEDS.guests,
  room: FEEDS.rooms,
  room_type: FEEDS.rooms,
  location: FEEDS.rooms,
}
