import type { HotelIds } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import type { Texts } from '@hotel/runtime/database/text-query'

/**
 * The data that decides the rows of a list: its locations with their dates and lapsed holds, and the number of the view's
 * last change in each of their hotels; also the moment of this state. A new location, or another time zone of a
 * location, makes another version.
 */
export type ListVersion = {
  /** All of it except the moment: two versions are the same while nothing has changed. */
  readonly rows: readonly Texts[]
  readonly hotels: readonly (string | null)[]
  readonly locations: readonly (string | null)[]
  readonly dates: readonly (string | null)[]
  readonly at: string | null
}

/** The hotels and the location that a list is of. */
export type StayFilter = { readonly hotel: HotelIds; readonly location: string | null }

const MOST_LOCATIONS = 50

const VERSION = {
  name: 'view_heads',
  text: `select hotel_id, location_id, today, seq, lapsed, at from view_heads($1, $2, $3, ${MOST_LOCATIONS + 1})`,
}

/**
 * Reads the version of the list with this filter: two indexed rows for each location, in one snapshot, at one instant.
 * Undefined for a list of more than fifty locations: one of that many hotels changes all the time.
 */
export async function listVersion(
  read: Read,
  { hotel, location }: StayFilter,
  clockOffset: number,
  signal: AbortSignal,
): Promise<ListVersion | undefined> {
  const found = await read(VERSION, [hotel, location, clockOffset], signal)
  if (found.length > MOST_LOCATIONS) return undefined
  const column = (place: number) => found.map((row) => row[place] ?? null)
  return {
    rows: found.map((row) => row.slice(0, -1)),
    hotels: column(0),
    locations: column(1),
    dates: column(2),
    at: found[0]?.[5] ?? null,
  }
}
