import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { type FieldViolation, invalidFields } from '@hotel/runtime/errors/refusal'
import { endOf, type Stay } from '../nights/stay.ts'

/** The place of a reservation's rooms. */
export type Place = { readonly hotel: string; readonly location: string }

/** Whether a guest `g` takes reservations, as SQL. */
export const GUEST_IS_LIVE = `(g.delete_time is null and not exists (
  select from retired_guest t where t.hotel_id = g.hotel_id and t.guest_id = g.id and (t.generation, t.version) >= (g.generation, g.version)))`

/** Whether a room `r` takes reservations from today on, as SQL. */
export const ROOM_IS_LIVE = `(r.delete_time is null and not exists (
  select from retired_room t where t.hotel_id = r.hotel_id and t.room_id = r.id and (t.generation, t.version) >= (r.generation, r.version)))`

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

/**
 * Whether a room `r` is deleted: known to be, or agreed to and known by its retirement only. The constraint refuses the
 * nights that a retirement takes; of a stay that ends before, by the date in the parameter of this name, only this tells.
 */
const isGone = (until: string) => `(r.delete_time is not null or exists (
  select from retired_room t join occupancy o on o.hotel_id = t.hotel_id and o.holder_id = t.room_id and o.holder = 'RETIRED'
  where t.hotel_id = r.hotel_id and t.room_id = r.id and (t.generation, t.version) >= (r.generation, r.version) and o.in_date >= ${until}::date))`

/** The violation of rooms for a stay in this hotel (unknown, deleted, or of several locations), or else their location. */
export async function placeOfRooms(
  em: EntityManager,
  hotel: string,
  rooms: readonly string[],
  field: 'room' | 'rooms',
  dates: Stay,
): Promise<Place | FieldViolation> {
  const rows = await query<{ location_id: string }>(
    em,
    `select location_id from room r where hotel_id = $1 and id = any($2) and not ${isGone('$3')}`,
    [hotel, rooms, endOf(dates)],
  )
  const locations = new Set(rows.map((row) => row.location_id))
  const [location] = locations
  if (rows.length < rooms.length || location === undefined) return { field, description: 'no room has this id' }
  if (locations.size > 1)
    return { field, description: 'belong to several locations: make a reservation for each location' }
  return { hotel, location }
}

/** Whether a guest is one of this hotel's who takes reservations: reads the replica under the hotel's feed head. */
export async function guestIsLive(em: EntityManager, hotel: string, guest: string): Promise<boolean> {
  const rows = await query(em, `select from guest g where g.hotel_id = $1 and g.id = $2 and ${GUEST_IS_LIVE}`, [
    hotel,
    guest,
  ])
  return rows.length > 0
}

/** The violation of a guest that is unknown, deleted, or another hotel's: these are not told apart. */
export const UNKNOWN_GUEST: FieldViolation = { field: 'guest', description: 'no guest of this hotel has this id' }

/** Throws one INVALID_FIELD for all of these. */
export function refuseAll(violations: FieldViolation[]): void {
  if (violations.length > 0) throw invalidFields(violations)
}
