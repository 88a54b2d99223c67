import { type HotelIds, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'

/** A location of a list: its date now, and how far its hotel's view has moved. */
export type HeadRow = {
  readonly hotel_id: string
  readonly location_id: string
  readonly today: string
  readonly seq: string
  /** When the last of its holds lapsed that nobody has deleted yet: no change of the view tells of that. */
  readonly lapsed: string | null
}

/**
 * What the rows of a list are decided by: its locations with their dates and lapsed holds, and the number of the view's
 * last change in each of their hotels; besides, the moment at which that was so. A location that is new, or is given
 * another time zone, makes another head.
 */
export type ViewHead = { readonly rows: readonly HeadRow[]; readonly at: string | null }

/** The hotels and the location that a list is of. */
export type StayFilter = { readonly hotel: HotelIds; readonly location: string | null }

const MOST_LOCATIONS = 50

/**
 * Reads the head of the list with this filter: two indexed rows for each location, in one snapshot, at one instant.
 * Undefined for a list of more than fifty locations: some hotel of so many changes all the time.
 */
export async function viewHead(
  em: EntityManager,
  filter: StayFilter,
  clockOffset: number,
): Promise<ViewHead | undefined> {
  const { name, where, parameters } = locationsOf(filter, 2)
  const found = await query<HeadRow & { at: string }>(
    em,
    {
      name: `view_head_${name}`,
      text: `select l.hotel_id, l.id as location_id, coalesce(v.seq, 0)::text as seq, m.at::text,
               location_date(l.time_zone, m.at)::text as today, (
                 select max(c.hold_until) from current_and_upcoming c
                 where c.hotel_id = l.hotel_id and c.location_id = l.id and c.hold_until <= m.at)::text as lapsed
             from (select statement_timestamp() + make_interval(secs => $1) as at) m
             cross join location l left join view_head v on v.hotel_id = l.hotel_id
             where ${where} order by l.hotel_id, l.id limit ${MOST_LOCATIONS + 1}`,
    },
    [clockOffset, ...parameters],
  )
  if (found.length > MOST_LOCATIONS) return undefined
  const rows = found.map(({ at: _, ...row }) => row)
  return { rows, at: found[0]?.at ?? null }
}

/** The condition on `location l` for a filter, with a name for each of its forms; parameters from this number on. */
export function locationsOf({ hotel, location }: StayFilter, first: number) {
  const hotels = hotel === null ? 'all' : hotel.length === 1 ? 'hotel' : 'hotels'
  const ofHotels = isOfHotels('l.hotel_id', `$${first}`, hotel)
  if (location === null) return { name: hotels, where: ofHotels, parameters: [hotel] }
  return {
    name: `${hotels}_location`,
    where: `${ofHotels} and l.id = $${first + 1}`,
    parameters: [hotel, location],
  }
}
