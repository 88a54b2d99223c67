import { Status } from 'nice-grpc'
import { currentCaller } from '../call/call.ts'
import { idFilter, type Rule } from '../call/valid.ts'
import { type EntityManager, query } from '../database/database.ts'
import { DEFAULT_HOTEL, isId } from '../errors/id.ts'
import { notFound, Refusal } from '../errors/refusal.ts'

/** Whether a hotel is the caller's, by its token. For the caller, resources of other hotels do not exist. */
export function isVisible(hotel: string): boolean {
  const { hotels } = currentCaller()
  return hotels === 'every' || hotels.has(hotel)
}

/** Some hotels by their ids, in order; null stands for every one. */
export type HotelIds = readonly string[] | null

/** The caller's hotels. A claim may hold what is no id: nothing is of such a hotel. */
export function callersHotels(): HotelIds {
  const { hotels } = currentCaller()
  return hotels === 'every' ? null : [...hotels].filter(isId).sort()
}

/** Throws PERMISSION_DENIED unless the caller has every hotel: nobody else can have a hotel that is not created yet. */
export function demandEveryHotel(): void {
  if (callersHotels() === null) return
  throw new Refusal(
    Status.PERMISSION_DENIED,
    'PERMISSION_DENIED',
    'creating a hotel needs a token with every hotel: its claim `hotels` must be "*"',
    { hotels: '*' },
  )
}

/** The filter of a list by `hotel`: gives the hotels that the list is of, which are never others than the caller's. */
export const hotelFilter: Rule<HotelIds> = (value) => {
  const hotel = idFilter(value)
  if (hotel === null) return callersHotels()
  return isVisible(hotel) ? [hotel] : []
}

/** Whether these are one hotel, or every one: what lists are planned for once. */
export function isOneOrEvery(hotels: HotelIds): boolean {
  return hotels === null || hotels.length === 1
}

/**
 * The SQL condition that the hotel in a column is one of these, given as the parameter of this name. Of one hotel it is an
 * equation, for which an index that begins with the hotel keeps its order.
 */
export function isOfHotels(column: string, parameter: string, hotels: HotelIds): string {
  const ids = `${parameter}::uuid[]`
  if (hotels === null) return `${ids} is null`
  return hotels.length === 1 ? `${column} = (${ids})[1]` : `${column} = any(${ids})`
}

/**
 * The hotel of who names none: the default hotel, or, for a caller whose it is not, its only one. Undefined when there is
 * no telling.
 */
export function hotelUnlessNamed(): string | undefined {
  const hotels = callersHotels()
  if (hotels === null || hotels.includes(DEFAULT_HOTEL)) return DEFAULT_HOTEL
  return hotels.length === 1 ? hotels[0] : undefined
}

/** The violation of a `hotel` that is not named where hotelUnlessNamed cannot find it. */
export const HOTEL_REQUIRED =
  'is required: the token does not have the default hotel, and has more than one other hotel or none'

/**
 * The hotel of a resource by id alone, the one look-up that does not know the hotel; the resource is also the name of its
 * table. Undefined when there is none, or it is not the caller's: the same steps either way.
 */
export async function knownHotelOf(
  em: EntityManager,
  resource: string,
  id: string | undefined,
): Promise<string | undefined> {
  if (id === undefined || !isId(id)) return undefined
  const statement = { name: `hotel_of_${resource}`, text: `select hotel_id from ${resource} where id = $1` }
  const [row] = await query<{ hotel_id: string }>(em, statement, [id])
  return row !== undefined && isVisible(row.hotel_id) ? row.hotel_id : undefined
}

/** As knownHotelOf, for a resource that must be there: throws NOT_FOUND. */
export async function hotelOf(em: EntityManager, resource: string, id: string): Promise<string> {
  const hotel = await knownHotelOf(em, resource, id)
  if (hotel === undefined) throw notFound(resource, id)
  return hotel
}
