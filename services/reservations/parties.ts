import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { type FieldViolation, invalidFields } from '@hotel/runtime/resource/refusal'

/** The place of a reservation's rooms. */
export type Place = { readonly hotel: string; readonly location: string }

/** The hotel of rooms, by id alone; undefined when none is known, of the caller's hotels. Retired rooms count too. */
export async function hotelOfRooms(em: EntityManager, rooms: readonly string[]): Promise<string | undefined> {
  const hotels = callersHotels()
  const [row] = await query<{ hotel_id: string }>(
    em,
    `select hotel_id from room where id = any($1) and ${isOfHotels('hotel_id', '$2', hotels)} limit 1`,
    [rooms, hotels],
  )
  return row?.hotel_id
}

/** What is wrong with rooms for a reservation of this hotel: unknown, deleted, or of several locations; or their place. */
export async function placeOfRooms(
  em: EntityManager,
  hotel: string,
  rooms: readonly string[],
  field: 'room' | 'rooms',
): Promise<Place | FieldViolation> {
  const rows = await query<{ location_id: string }>(
    em,
    'select location_id from room where hotel_id = $1 and id = any($2) and delete_time is null',
    [hotel, rooms],
  )
  const locations = new Set(rows.map((row) => row.location_id))
  const [location] = locations
  if (rows.length < rooms.length || location === undefined) return { field, description: 'no room has this id' }
  if (locations.size > 1) return { field, description: 'are of several locations: reserve them apart' }
  return { hotel, location }
}

/** Whether a guest is one of this hotel's who takes reservations: reads the replica under the hotel's feed head. */
export async function guestIsLive(em: EntityManager, hotel: string, guest: string): Promise<boolean> {
  const rows = await query(
    em,
    `select 1 from guest g where g.hotel_id = $1 and g.id = $2 and g.delete_time is null
       and not exists (select 1 from retired_guest r where r.hotel_id = g.hotel_id and r.guest_id = g.id and r.version >= g.version)`,
    [hotel, guest],
  )
  return rows.length > 0
}

/** The violation of a guest that is unknown, deleted, or another hotel's: these are not told apart. */
export const UNKNOWN_GUEST: FieldViolation = { field: 'guest', description: 'no guest of this hotel has this id' }

/** Throws one INVALID_FIELD for all of these. */
export function refuseAll(violations: FieldViolation[]): void {
  if (violations.length > 0) throw invalidFields(violations)
}

/** Today by the location's own calendar; the one place where a date is made of a time. */
export async function todayAt(em: EntityManager, { hotel, location }: Place, now: Date): Promise<string> {
  const [row] = await query<{ today: string }>(
    em,
    'select location_date(time_zone, $3::timestamptz) as today from location where hotel_id = $1 and id = $2',
    [hotel, location, now.toISOString()],
  )
  if (row === undefined) throw new Error(`location ${location} is not replicated`)
  return row.today
}
