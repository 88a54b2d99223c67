import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import type { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import type { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { callersHotels, isVisible } from '@hotel/runtime/access/hotels'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/resource/id'
import { unknownHotel } from '@hotel/runtime/resource/refusal'
import type { Writer } from '@hotel/runtime/resource/write'
import { askPeer, repeatable } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'
import { newsOfRooms } from './news.ts'
import { storeGuest, storeLocation, storeRoom, storeRoomType, versionOf } from './replicas.ts'

/**
 * Fetches what the replicas lack, or know only as deleted, so that what was made a millisecond ago can be booked. What is
 * not of the caller's hotels is asked for as what exists nowhere, each time, and not stored.
 */
export type ReadThrough = {
  /** Ids that are none, or empty, are passed over. Throws PEER_UNAVAILABLE when one can not be confirmed. */
  named(ids: Partial<Record<Kind, readonly string[]>>, signal: AbortSignal): Promise<void>
  /** All that the rooms service has of a hotel by now. Throws PEER_UNAVAILABLE when that can not be known. */
  news(hotel: string): Promise<void>
  /** Throws INVALID_FIELD of `hotel` unless it exists, deleted or not. */
  demandHotel(hotel: string, signal: AbortSignal): Promise<void>
}

/** What other services own and reservations are made of, by the name of its replica. */
type Kind = 'guest' | 'room' | 'room_type' | 'location'

export type Peers = {
  feed: Client<FeedServiceDefinition>
  guests: Client<GuestServiceDefinition>
  rooms: Client<RoomServiceDefinition>
  locations: Client<LocationServiceDefinition>
  roomTypes: Client<RoomTypeServiceDefinition>
  hotels: Client<HotelServiceDefinition>
}

/** Calls are made before the transaction of the write, never inside. */
export function readThrough(orm: MikroORM, writer: Writer, peers: Peers): ReadThrough {
  const missing = (ids: Partial<Record<Kind, readonly string[]>>, signal: AbortSignal) => {
    const wanted = Object.entries(ids).flatMap(([kind, ids]) => ids.filter(isId).map((id) => ({ kind, id })))
    if (wanted.length === 0) return []
    return query<{ kind: Kind; id: string }>(forkFor(orm, signal), MISSING, [
      wanted.map(({ kind }) => kind),
      wanted.map(({ id }) => id),
      callersHotels(),
    ])
  }
  const fetch = async (kind: Kind, id: string, signal: AbortSignal): Promise<void> => {
    const options = repeatable(signal)
    switch (kind) {
      case 'guest': {
        const found = await askPeer('guests', () => peers.guests.getGuest({ id }, options))
        if (isOwn(found)) await writer.system(found.hotel, ({ em }) => storeGuest(em, found, versionOf(found)))
        return
      }
      case 'room': {
        const found = await askPeer('rooms', () => peers.rooms.getRoom({ id }, options))
        if (!isOwn(found)) return
        for (const { kind, id } of await missing({ location: [found.location] }, signal)) await fetch(kind, id, signal)
        await writer.system(found.hotel, ({ em }) => storeRoom(em, found, versionOf(found)))
        return
      }
      case 'room_type': {
        const found = await askPeer('rooms', () => peers.roomTypes.getRoomType({ id }, options))
        if (isOwn(found)) await writer.system(found.hotel, ({ em }) => storeRoomType(em, found, versionOf(found)))
        return
      }
      case 'location': {
        const found = await askPeer('rooms', () => peers.locations.getLocation({ id }, options))
        if (isOwn(found)) await writer.system(found.hotel, ({ em }) => storeLocation(em, found, versionOf(found)))
        return
      }
      default:
        return kind satisfies never
    }
  }
  return {
    async named(ids, signal) {
      for (const { kind, id } of await missing(ids, signal)) await fetch(kind, id, signal)
    },
    news: newsOfRooms(orm, writer, peers.feed),
    async demandHotel(hotel, signal) {
      const known = await query(forkFor(orm, signal), 'select from hotel where hotel_id = $1', [hotel])
      if (known.length > 0) return
      const found = await askPeer('rooms', () => peers.hotels.getHotel({ id: hotel }, repeatable(signal)))
      if (found === undefined) throw unknownHotel()
    },
  }
}

function isOwn<Found extends { hotel: string }>(found: Found | undefined): found is Found {
  return found !== undefined && isVisible(found.hotel)
}

/** Which of some ids the replicas do not have live, of the caller's hotels. What was retired may have been restored since. */
const MISSING = `
  select w.kind, w.id from unnest($1::text[], $2::uuid[]) as w (kind, id)
  where not case w.kind
    when 'guest' then exists (select 1 from guest t where t.id = w.id and t.delete_time is null and OWN
      and not exists (select 1 from retired_guest r where r.hotel_id = t.hotel_id and r.guest_id = t.id))
    when 'room' then exists (select 1 from room t where t.id = w.id and t.delete_time is null and OWN
      and not exists (select 1 from retired_room r where r.hotel_id = t.hotel_id and r.room_id = t.id))
    when 'room_type' then exists (select 1 from room_type t where t.id = w.id and t.delete_time is null and OWN)
    when 'location' then exists (select 1 from location t where t.id = w.id and t.delete_time is null and OWN)
  end`.replaceAll('OWN', '($3::uuid[] is null or t.hotel_id = any($3))')
