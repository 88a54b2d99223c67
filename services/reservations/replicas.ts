import type { Change } from '@hotel/proto/hotel/feed/v1/feed'
import { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import { Hotel } from '@hotel/proto/hotel/rooms/v1/hotels'
import { Location } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomType } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Room } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { Replica } from '@hotel/runtime/changes/follow'
import { type EntityManager, type MikroORM, query } from '@hotel/runtime/database/database'
import type { Writer } from '@hotel/runtime/resource/write'
import { liftRetirement } from './room-retirement.ts'

/** Stores a resource of another service, unless a newer version of it is here. */
export async function storeReplica(
  em: EntityManager,
  typeUrl: string,
  value: Uint8Array,
  version: number,
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
export function storeGuest(em: EntityManager, guest: Guest, version: number): Promise<void> {
  return storeGuests(em, [{ guest, version }])
}

/** Stores guests by one statement: an import brings them faster than one by one would be. */
export async function storeGuests(em: EntityManager, guests: { guest: Guest; version: number }[]): Promise<void> {
  const latest = new Map<string, object>()
  // One statement can not change a row twice. Versions of a guest come in their order.
  for (const { guest, version } of guests) {
    const { hotel: hotel_id, id, first_name, last_name, delete_time } = guest
    latest.set(id, { hotel_id, id, first_name, last_name, version, delete_time })
  }
  if (latest.size === 0) return
  await query(
    em,
    `insert into guest as g (hotel_id, id, first_name, last_name, version, delete_time)
     select hotel_id, id, first_name, last_name, version, delete_time
     from json_populate_recordset(null::guest, $1::json)
     on conflict (hotel_id, id) do update set first_name = excluded.first_name, last_name = excluded.last_name,
       version = excluded.version, delete_time = excluded.delete_time
     where excluded.version > g.version`,
    [JSON.stringify([...latest.values()])],
  )
}

/**
 * Stores a room, and gives it its future back when it was retired before. The same version again is stored too where it says what the row does not: the row may be from before the
 * replica kept room types.
 */
export async function storeRoom(em: EntityManager, room: Room, version: number): Promise<void> {
  await query(
    em,
    `insert into room as r (hotel_id, id, location_id, room_type_id, number, version, delete_time)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (hotel_id, id) do update set room_type_id = excluded.room_type_id, number = excluded.number,
       version = excluded.version, delete_time = excluded.delete_time
     where excluded.version > r.version
       or excluded.version = r.version and excluded.room_type_id is distinct from r.room_type_id`,
    [
      room.hotel,
      room.id,
      room.location,
      room.room_type ?? null,
      room.number,
      version,
      room.delete_time?.toISOString() ?? null,
    ],
  )
  if (room.delete_time === undefined) await liftRetirement(em, room.hotel, room.id)
}

/** Stores a room type. */
export async function storeRoomType(em: EntityManager, type: RoomType, version: number): Promise<void> {
  await query(
    em,
    `insert into room_type as t (hotel_id, id, name, version, delete_time) values ($1, $2, $3, $4, $5)
     on conflict (hotel_id, id) do update set name = excluded.name, version = excluded.version,
       delete_time = excluded.delete_time
     where excluded.version > t.version`,
    [type.hotel, type.id, type.name, version, type.delete_time?.toISOString() ?? null],
  )
}

/** Stores a location. */
export async function storeLocation(em: EntityManager, location: Location, version: number): Promise<void> {
  await query(
    em,
    `insert into location as l (hotel_id, id, name, time_zone, version, delete_time) values ($1, $2, $3, $4, $5, $6)
     on conflict (hotel_id, id) do update set name = excluded.name, time_zone = excluded.time_zone,
       version = excluded.version, delete_time = excluded.delete_time
     where excluded.version > l.version`,
    [
      location.hotel,
      location.id,
      location.name,
      location.time_zone,
      version,
      location.delete_time?.toISOString() ?? null,
    ],
  )
}

async function storeHotel(em: EntityManager, hotel: Hotel, version: number): Promise<void> {
  await query(
    em,
    `insert into hotel as h (hotel_id, id, name, version, delete_time) values ($1, $1, $2, $3, $4)
     on conflict (hotel_id, id) do update set name = excluded.name, version = excluded.version,
       delete_time = excluded.delete_time
     where excluded.version > h.version`,
    [hotel.id, hotel.name, version, hotel.delete_time?.toISOString() ?? null],
  )
}

/**
 * The names under which this build keeps its place in each feed. A replica that keeps more than before takes a new name,
 * so that it reads the feed from the beginning, also while instances of the build before go on under theirs.
 */
export const FEEDS = { guests: 'guests', rooms: 'rooms-2' } as const

/** The replica of one service's feed in the reservations database. */
export function replicaOf(feed: (typeof FEEDS)[keyof typeof FEEDS], orm: MikroORM, writer: Writer): Replica {
  return {
    async load() {
      const em = orm.em.fork()
      const [row] = await query<{ epoch: string }>(em, 'select epoch from replica_epoch where feed = $1', [feed])
      const rows = await query<{ hotel_id: string; seq: string }>(
        em,
        'select hotel_id, seq from replica_cursor where feed = $1',
        [feed],
      )
      return { epoch: row?.epoch, applied: new Map(rows.map(({ hotel_id, seq }) => [hotel_id, BigInt(seq)])) }
    },
    async restart(epoch) {
      await orm.em.fork().transactional(async (em) => {
        await query(em, 'delete from replica_cursor where feed = $1', [feed])
        await query(
          em,
          'insert into replica_epoch values ($1, $2) on conflict (feed) do update set epoch = excluded.epoch',
          [feed, epoch],
        )
      })
    },
    apply: (hotel, changes: Change[]) =>
      writer.system(hotel, async ({ em }) => {
        const guests = []
        for (const { resource, version } of changes) {
          if (resource?.type_url.endsWith('.Guest'))
            guests.push({ guest: Guest.decode(resource.value), version: Number(version) })
          else if (resource !== undefined) await storeReplica(em, resource.type_url, resource.value, Number(version))
        }
        await storeGuests(em, guests)
        await query(
          em,
          `insert into replica_cursor as c (hotel_id, feed, seq) values ($1, $2, $3)
           on conflict (hotel_id, feed) do update set seq = greatest(c.seq, excluded.seq)`,
          [hotel, feed, String(changes.at(-1)?.seq ?? 0n)],
        )
      }),
  }
}
