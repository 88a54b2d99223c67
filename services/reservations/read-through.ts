import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import type { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import type { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { callersHotels } from '@hotel/runtime/access/hotels'
import { Renumbered } from '@hotel/runtime/changes/replica'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/resource/id'
import { peerUnavailable, unknownHotel } from '@hotel/runtime/resource/refusal'
import type { Writer } from '@hotel/runtime/resource/write'
import { askPeer, repeatable } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'
import { FEED_OF, generationOf, type Kind } from './feeds.ts'
import { foundAtPeers } from './found-at-peers.ts'
import { newsOfRooms } from './news.ts'
import { forgetReplicas } from './replica-feed.ts'

/** Ids by what they are of. */
type Named = Partial<Record<Kind, readonly string[]>>

/** How often it is asked again while the numbering of a feed changes, which it does once after a restore. */
const MOST_TRIES = 3

/**
 * Fetches what the replicas lack, or know only as deleted, so that what was made a millisecond ago can be booked. What is
 * not of the caller's hotels is asked for as what exists nowhere, each time, and not stored.
 */
export type ReadThrough = {
  /**
   * One call to a peer for all of a kind; ids that are none, or empty, are passed over. Validate first: it is for no more
   * ids than a request may name. Throws PEER_UNAVAILABLE when one can not be confirmed.
   */
  named(ids: Named, signal: AbortSignal): Promise<void>
  /** All that the rooms service has of a hotel by now. Throws PEER_UNAVAILABLE when that can not be known. */
  news(hotel: string): Promise<void>
  /** Throws INVALID_FIELD of `hotel` unless it exists, deleted or not. */
  demandHotel(hotel: string, signal: AbortSignal): Promise<void>
}

export type Peers = {
  feeds: Readonly<Record<'guests' | 'rooms', Client<FeedServiceDefinition>>>
  guests: Client<GuestServiceDefinition>
  rooms: Client<RoomServiceDefinition>
  locations: Client<LocationServiceDefinition>
  roomTypes: Client<RoomTypeServiceDefinition>
  hotels: Client<HotelServiceDefinition>
}

/** Calls are made before the transaction of the write, never inside. */
export function readThrough(orm: MikroORM, writer: Writer, peers: Peers): ReadThrough {
  const missing = async (ids: Named, signal: AbortSignal) => {
    const wanted = Object.entries(ids).flatMap(([kind, ids]) =>
      [...new Set(ids)].filter(isId).map((id) => ({ kind, id })),
    )
    if (wanted.length === 0) return new Map<Kind, string[]>()
    const rows = await query<{ kind: Kind; id: string }>(forkFor(orm, signal), MISSING, [
      wanted.map(({ kind }) => kind),
      wanted.map(({ id }) => id),
      callersHotels(),
    ])
    const byKind = Map.groupBy(rows, ({ kind }) => kind)
    return new Map([...byKind].map(([kind, rows]) => [kind, rows.map(({ id }) => id)]))
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
    news: newsOfRooms(orm, writer, peers.feeds.rooms),
    async demandHotel(hotel, signal) {
      const known = await query(forkFor(orm, signal), 'select from hotel where hotel_id = $1', [hotel])
      if (known.length > 0) return
      const found = await askPeer('rooms', () => peers.hotels.getHotel({ id: hotel }, repeatable(signal)))
      if (found === undefined) throw unknownHotel()
    },
  }
}

/** A kind that is known live, of the caller's hotels, and said so since its service was restored, if it ever was. */
const isKnown = (kind: Kind, besides = '') => `
  when '${kind}' then exists (select 1 from ${kind} t where t.id = w.id and t.delete_time is null
    and ($3::uuid[] is null or t.hotel_id = any($3)) and t.generation = replica_generation('${FEED_OF[kind]}') ${besides})`
const isNotRetired = (kind: 'guest' | 'room') => `and not exists (select 1 from retired_${kind} r
  where r.hotel_id = t.hotel_id and r.${kind}_id = t.id and (r.generation, r.version) >= (t.generation, t.version))`

/** Which of some ids the replicas do not have live. What was retired may have been restored since. */
const MISSING = `
  select w.kind, w.id from unnest($1::text[], $2::uuid[]) as w (kind, id)
  where not case w.kind
    ${isKnown('guest', isNotRetired('guest'))}
    ${isKnown('room', isNotRetired('room'))}
    ${isKnown('room_type')}
    ${isKnown('location')}
  end`
