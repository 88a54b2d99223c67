import { type EntityManager, query } from '@hotel/runtime/database/database'
import { type FieldViolation, Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { Status } from 'nice-grpc'
import type { Place } from '../replicas/guest-and-rooms.ts'
import { noRoomOfType } from './no-room.ts'
import { endOf, type Stay } from './stay.ts'

/**
 * What is wrong with a room type, or with the location of its rooms, for a reservation of this hotel; or their place. The
 * hotel's only location need not be named.
 */
export async function placeOfType(
  em: EntityManager,
  hotel: string,
  type: string,
  location: string | null,
): Promise<Place | FieldViolation> {
  const [found] = await query<{ is_type: boolean; locations: string[] }>(
    em,
    `select exists (select 1 from room_type where hotel_id = $1 and id = $2 and delete_time is null) as is_type,
       array(select id from location
             where hotel_id = $1 and delete_time is null and ($3::uuid is null or id = $3) limit 2) as locations`,
    [hotel, type, location],
  )
  if (!found?.is_type) return { field: 'room_type', description: 'no room type has this id' }
  const [only, ...more] = found.locations
  if (more.length > 0) return { field: 'location', description: 'is required: the hotel has more than one' }
  if (only !== undefined) return { hotel, location: only }
  const description =
    location === null
      ? 'is required, but the hotel has none yet: create one first'
      : 'no location of the hotel has this id'
  return { field: 'location', description }
}

/** Rooms of a type at a place for a stay; as a hold they lapse at a moment. */
export type Assignment = {
  /** Of the reservation. */
  readonly id: string
  readonly place: Place
  readonly type: string
  readonly count: number
  readonly stay: Stay
  readonly holdUntil: Date | null
}

/**
 * Chooses rooms and holds them: all or none. Gives their ids; throws NO_ROOM_OF_TYPE_AVAILABLE, and UNAVAILABLE when others
 * took what was chosen again and again.
 */
export async function assign({ em, now }: Write, wanted: Assignment): Promise<string[]> {
  const { id, place, type, count, stay, holdUntil } = wanted
  const [outcome] = await query<{ rooms: string[] | null; free: number | null }>(
    em,
    'select rooms, free from assign_rooms($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [
      place.hotel,
      id,
      place.location,
      type,
      count,
      stay.inDate,
      endOf(stay),
      holdUntil?.toISOString() ?? null,
      now.toISOString(),
    ],
  )
  if (outcome?.rooms) return outcome.rooms
  if (outcome?.free == null) {
    const message = `others took the chosen rooms of the type ${type}: repeat`
    throw new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', message)
  }
  throw noRoomOfType(type, count, outcome.free, { ...place, stay, rooms: { type, count } })
}
