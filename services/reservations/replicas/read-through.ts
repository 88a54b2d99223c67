import { callersHotels } from '@hotel/runtime/access/hotels'
import { Renumbered } from '@hotel/runtime/changes/replica'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/errors/id'
import { peerUnavailable, unknownHotel } from '@hotel/runtime/errors/refusal'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import type { Writer } from '@hotel/runtime/resource/write'
import { catchUpRooms } from './catch-up.ts'
import { FEED_OF, generationOf, type Kind } from './feeds.ts'
import { foundAtPeers } from './found-at-peers.ts'
import { forgetReplicas } from './replica-feed.ts'
import type { Peers } from './rooms-and-guests-peers.ts'

/** Ids by what they are of. */
type Named = Partial<Record<Kind, readonly string[]>>

/** How often it is asked again while the numbering of a feed changes, which it does once after a restore. */
const MOST_TRIES = 3

/**
 * Fetches resources that the replicas lack, or know only as deleted, so that one made a millisecond ago can be booked.
 * One that is not of the caller's hotels is asked for each time, like one that does not exist, and is not stored.
 */
export type ReadThrough = {
  /**
   * One call to a peer for all of a kind; ids that are none, or empty, are passed over. Validate first: it is for no more
   * ids than a request may name. Throws PEER_UNAVAILABLE when one can not be confirmed.
   */
  named(ids: Named, signal: AbortSignal): Promise<void>
  /** All that the rooms service has of a hotel by now. Throws PEER_UNAVAILABLE when that can not be known. */
  catchUp(hotel: string): Promise<void>
  /** Throws INVALID_FIELD of `hotel` unless it exists, deleted or not. */
  demandHotel(hotel: string, signal: AbortSignal): Promise<void>
}

/** Calls are made before the transaction of the write, never inside. */
export function readThrough(orm: MikroORM, writer: Writer, peers: Peers): ReadThrough {
  const missing = async (ids: Named, signal: AbortSignal) => {
    const wanted = (Object.entries(ids) as [Kind, readonly string[]][])
      .map(([kind, named]) => [kind, [...new Set(named)].filter(isId)] as const)
      .filter(([, named]) => named.length > 0)
    if (wanted.length === 0) return new Map<Kind, string[]>()
    // Each kind by itself: where hotels are spread over several servers, a look-up by id alone asks all of them.
    const text = wanted.map(([kind], index) => knownOf(kind, index + 2)).join(' union all ')
    const rows = await query<{ kind: Kind; id: string }>(forkFor(orm, signal), text, [
      callersHotels(),
      ...wanted.map(([, named]) => named),
    ])
    const known = new Set(rows.map(({ kind, id }) => `${kind} ${id}`))
    const missing = wanted.map(([kind, named]) => [kind, named.filter((id) => !known.has(`${kind} ${id}`))] as const)
    return new Map(missing.filter(([, ids]) => ids.length > 0))
  }
  const find = foundAtPeers(peers)
  /** Fetches what lacks of a kind; throws Renumbered when what was told says nothing any more. */
  const fetch = async (kind: Kind, lacking: readonly string[], signal: AbortSignal) => {
    const feed = FEED_OF[kind]
    const generation = await generationOf(forkFor(orm, signal), feed)
    const found = await find(kind, lacking, signal)
    // Rooms come after their locations, whose calendar they need.
    const locations = found.flatMap(({ location }) => location ?? [])
    if (locations.length > 0) await named({ location: locations }, signal)
    for (const [hotel, ofHotel] of Map.groupBy(found, ({ hotel }) => hotel))
      await writer.system(hotel, async ({ em }) => {
        if ((await generationOf(em, feed)) !== generation) throw new Renumbered()
        for (const { store } of ofHotel) await store(em, generation)
      })
    await forgetReplicas(orm, writer, { kind, ids: lacking, generation })
  }
  const named = async (ids: Named, signal: AbortSignal) => {
    for (const [kind, lacking] of await missing(ids, signal))
      for (let tries = 1; ; tries++)
        try {
          await fetch(kind, lacking, signal)
          break
        } catch (error) {
          if (!(error instanceof Renumbered)) throw error
          if (tries === MOST_TRIES) throw peerUnavailable(kind === 'guest' ? 'guests' : 'rooms', error.message)
        }
  }
  return {
    named,
    catchUp: catchUpRooms(orm, writer, peers.feeds.rooms),
    async demandHotel(hotel, signal) {
      const known = await query(forkFor(orm, signal), 'select from hotel where hotel_id = $1', [hotel])
      if (known.length > 0) return
      const found = await askPeer('rooms', () => peers.hotels.getHotel({ id: hotel }, repeatable(signal)))
      if (found === undefined) throw unknownHotel()
    },
  }
}

/**
 * Those of the ids in a parameter that are known live, of the caller's hotels, and said so since their service was restored, if it
 * ever was. A retired resource may have been restored since.
 */
const knownOf = (kind: Kind, parameter: number) => `
  select '${kind}' as kind, t.id from ${kind} t where t.id = any($${parameter}::uuid[]) and t.delete_time is null
    and ($1::uuid[] is null or t.hotel_id = any($1)) and t.generation = replica_generation('${FEED_OF[kind]}')
    ${kind === 'guest' || kind === 'room' ? isNotRetired(kind) : ''}`
const isNotRetired = (kind: 'guest' | 'room') => `and not exists (select 1 from retired_${kind} r
  where r.hotel_id = t.hotel_id and r.${kind}_id = t.id and (r.generation, r.version) >= (t.generation, t.version))`
