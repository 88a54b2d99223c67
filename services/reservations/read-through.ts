import type { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import type { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database'
import { isId } from '@hotel/runtime/id'
import { askPeer, repeatable } from '@hotel/runtime/peers'
import type { Writer } from '@hotel/runtime/write'
import type { Client } from 'nice-grpc'
import { storeGuest, storeLocation, storeRoom, versionOf } from './replicas.ts'

/** Fetches what the replicas lack, or know only as deleted, so that what was made a millisecond ago can be booked. */
export type ReadThrough = {
  guest(id: string, signal: AbortSignal): Promise<void>
  rooms(ids: readonly string[], signal: AbortSignal): Promise<void>
}

type Peers = {
  guests: Client<GuestServiceDefinition>
  rooms: Client<RoomServiceDefinition>
  locations: Client<LocationServiceDefinition>
}

/** Calls are made before the transaction of the write, never inside; PEER_UNAVAILABLE when an id can not be confirmed. */
export function readThrough(orm: MikroORM, writer: Writer, peers: Peers): ReadThrough {
  const isHere = async (table: 'guest' | 'room' | 'location', id: string, signal: AbortSignal) => {
    // One that was retired may have been restored since.
    const retired = {
      guest: 'and not exists (select 1 from retired_guest r where r.guest_id = t.id)',
      room: 'and not exists (select 1 from retired_room r where r.hotel_id = t.hotel_id and r.room_id = t.id)',
      location: '',
    }[table]
    const rows = await query(
      forkFor(orm, signal),
      `select 1 from ${table} t where id = $1 and delete_time is null ${retired}`,
      [id],
    )
    return rows.length > 0
  }
  const location = async (id: string, signal: AbortSignal) => {
    if (await isHere('location', id, signal)) return
    const found = await askPeer('rooms', () => peers.locations.getLocation({ id }, repeatable(signal)))
    if (found !== undefined) await writer.system(found.hotel, ({ em }) => storeLocation(em, found, versionOf(found)))
  }
  return {
    async guest(id, signal) {
      if (!isId(id) || (await isHere('guest', id, signal))) return
      const found = await askPeer('guests', () => peers.guests.getGuest({ id }, repeatable(signal)))
      if (found !== undefined) await writer.system(found.hotel, ({ em }) => storeGuest(em, found, versionOf(found)))
    },
    async rooms(ids, signal) {
      for (const id of ids) {
        if (!isId(id) || (await isHere('room', id, signal))) continue
        const found = await askPeer('rooms', () => peers.rooms.getRoom({ id }, repeatable(signal)))
        if (found === undefined) continue
        await location(found.location, signal)
        await writer.system(found.hotel, ({ em }) => storeRoom(em, found, versionOf(found)))
      }
    },
  }
}
