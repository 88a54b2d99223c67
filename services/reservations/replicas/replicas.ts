import { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import { Hotel } from '@hotel/proto/hotel/rooms/v1/hotels'
import { Location } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomType } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Room } from '@hotel/proto/hotel/rooms/v1/rooms'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { liftRetirement } from '../deletion/room-retirement.ts'

/**
 * Which version of a resource this is: a number of its owner's numbering of this generation. A restore of the owner's
 * database begins the next generation (feeds.ts), of which any version is newer.
 */
export type Version = { readonly version: number; readonly generation: number }

/** Stores a resource of another service, unless a newer version of it is here. */
export async function storeReplica(
  em: EntityManager,
  typeUrl: string,
  value: Uint8Array,
  version: Version,
): Promise<void> {
  const name = typeUrl.slice(typeUrl.lastIndexOf('.') + 1)
  switch (name) {
    case 'Guest':
      return storeGuest(em, Guest.decode(value), version)
    case 'Room':
      return storeRoom(em, Room.decode(value), version)
    case 'RoomType':
      return storeRoomType(em, RoomType.decode(value), version)
    case 'Location':
      return storeLocation(em, Location.decode(value), version)
    case 'Hotel':
      return storeHotel(em, Hotel.decode(value), version)
    default:
      // A newer service may feed resources that this build does not know yet.
      return
  }
}

/** The version that an etag stands for. */
export function versionOf({ etag }: { etag: string }): number {
  return Number(etag.replaceAll('"', ''))
}

/** Stores a guest. */
export function storeGuest(em: EntityManager, guest: Guest, { version, generation }: Version): Promise<void> {
  return storeGuests(em, [{ guest, version }], generation)
}

/**
 * Stores guests by one statement: an import brings them faster than one by one would be stored. A guest who was erased
 * here stays erased, even when an older backup of the guests service brings the name back.
 */
export async function storeGuests(
  em: EntityManager,
  guests: readonly { guest: Guest; version: number }[],
  generation: number,
): Promise<void> {
  const latest = new Map<string, object>()
  // One statement can not change a row twice. Versions of a guest come in their order.
  for (const { guest, version } of guests) {
    const { hotel: hotel_id, id, first_name, last_name, delete_time } = guest
    latest.set(id, { hotel_id, id, first_name, last_name, version, delete_time, generation })
  }
  if (latest.size === 0) return
  await query(
    em,
    `insert into guest as g (hotel_id, id, first_name, last_name, version, delete_time, generation)
     select h.hotel_id, n.id, case when e.guest_id is null then n.first_name else '[erased]' end,
       case when e.guest_id is null then n.last_name end, n.version,
       case when e.guest_id is null then n.delete_time else coalesce(n.delete_time, now()) end, n.generation
     from json_to_recordset($1::json) as n (hotel_id uuid, id uuid, first_name text, last_name text, version int,
       delete_time timestamptz, generation int)
     join feed_head h on h.hotel_id = n.hotel_id and h.hotel_id = any($2)
     left join erased_guest e on e.hotel_id = h.hotel_id and e.guest_id = n.id and e.hotel_id = any($2)
     on conflict (hotel_id, id) do update set first_name = excluded.first_name, last_name = excluded.last_name,
       version = excluded.version, delete_time = excluded.delete_time, generation = excluded.generation
     where ${isNewerThan('g')}`,
    [JSON.stringify([...latest.values()]), [...new Set(guests.map(({ guest }) => guest.hotel))]],
  )
}

/** Whether the row that is to be stored is newer than the one that is here, under this name. */
const isNewerThan = (here: string) => `(excluded.generation, excluded.version) > (${here}.generation, ${here}.version)`

/**
 * Stores a room, and gives it its future back when it was retired before. The same version again is stored too where it
 * says what the row does not: the row may be from before the replica kept room types.
 */
export async function storeRoom(em: EntityManager, room: Room, { version, generation }: Version): Promise<void> {
  await query(
    em,
    `insert into room as r (hotel_id, id, location_id, room_type_id, number, version, delete_time, generation)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (hotel_id, id) do update set location_id = excluded.location_id, room_type_id = excluded.room_type_id,
       number = excluded.number, version = excluded.version, delete_time = excluded.delete_time,
       generation = excluded.generation
     where ${isNewerThan('r')}
       or excluded.generation = r.generation and excluded.version = r.version
         and excluded.room_type_id is distinct from r.room_type_id`,
    [
      room.hotel,
      room.id,
      room.location,
      room.room_type ?? null,
      room.number,
      version,
      room.delete_time?.toISOString() ?? null,
      generation,
    ],
  )
  if (room.delete_time === undefined) await liftRetirement(em, room.hotel, room.id)
}

/** Stores a room type. */
export async function storeRoomType(em: EntityManager, type: RoomType, version: Version): Promise<void> {
  await query(
    em,
    `insert into room_type as t (hotel_id, id, name, version, delete_time, generation) values ($1, $2, $3, $4, $5, $6)
     on conflict (hotel_id, id) do update set name = excluded.name, version = excluded.version,
       delete_time = excluded.delete_time, generation = excluded.generation
     where ${isNewerThan('t')}`,
    [type.hotel, type.id, type.name, version.version, type.delete_time?.toISOString() ?? null, version.generation],
  )
}

/** Stores a location. */
export async function storeLocation(em: EntityManager, location: Location, version: Version): Promise<void> {
  await query(
    em,
    `insert into location as l (hotel_id, id, name, time_zone, version, delete_time, generation)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (hotel_id, id) do update set name = excluded.name, time_zone = excluded.time_zone,
       version = excluded.version, delete_time = excluded.delete_time, generation = excluded.generation
     where ${isNewerThan('l')}`,
    [
      location.hotel,
      location.id,
      location.name,
      location.time_zone,
      version.version,
      location.delete_time?.toISOString() ?? null,
      version.generation,
    ],
  )
}

async function storeHotel(em: EntityManager, hotel: Hotel, { version, generation }: Version): Promise<void> {
  await query(
    em,
    `insert into hotel as h (hotel_id, id, name, version, delete_time, generation) values ($1, $1, $2, $3, $4, $5)
     on conflict (hotel_id, id) do update set name = excluded.name, version = excluded.version,
       delete_time = excluded.delete_time, generation = excluded.generation
     where ${isNewerThan('h')}`,
    [hotel.id, hotel.name, version, hotel.delete_time?.toISOString() ?? null, generation],
  )
}
