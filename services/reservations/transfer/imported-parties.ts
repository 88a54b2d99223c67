import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import { forkFor, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/errors/id'
import { type FieldViolation, invalidFields, type Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { GUEST_IS_LIVE, type Place, ROOM_IS_LIVE } from '../replicas/guest-and-rooms.ts'
import type { AssumedParties } from './assumed-parties.ts'
import type { TransferDeps } from './transfer-deps.ts'

/** As many ids as a service takes in one call. */
const MOST_ASKED = 100

/** The resources that the rows of a batch name, by their given ids, and which of them must be live. */
type Named = { readonly rooms: readonly string[]; readonly guests: readonly string[]; readonly live: readonly string[] }

/**
 * The places of the rooms that are known, once all that is named is, as it has to be: what is not then, or not the
 * caller's, is nowhere.
 */
export async function placesOf(
  { orm, caughtUp, peers }: Pick<TransferDeps, 'orm' | 'caughtUp' | 'peers'>,
  named: Named,
  assumed: AssumedParties,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Place>> {
  const isUnassumed = (id: string) => isId(id) && !assumed.has(id)
  const rooms = [...new Set(named.rooms)].filter(isUnassumed)
  const guests = [...new Set(named.guests)].filter(isUnassumed)
  const toBeLive = new Set(named.live)
  const own = callersHotels()
  const known = async () => {
    const em = forkFor(orm, signal)
    const rows = await query<{ id: string; hotel_id: string; location_id: string; live: boolean }>(
      em,
      `select id, hotel_id, location_id, ${ROOM_IS_LIVE} as live from room r
       where id = any($1) and ${isOfHotels('hotel_id', '$2', own)}`,
      [rooms, own],
    )
    const hotels = [...new Set(rows.map(({ hotel_id }) => hotel_id))]
    const here = await query<{ id: string; live: boolean }>(
      em,
      `select id, ${GUEST_IS_LIVE} as live from guest g where hotel_id = any($1) and id = any($2)`,
      [hotels, guests],
    )
    const places = rows.map(
      ({ id, hotel_id, location_id }) => [id, { hotel: hotel_id, location: location_id }] as const,
    )
    const isAsItHasToBe = [...rows, ...here].every(({ id, live }) => live || !toBeLive.has(id))
    const isAll = rows.length === rooms.length && here.length === guests.length && isAsItHasToBe
    return { places: new Map([...places, ...assumed.places]), isAll }
  }
  // An assumed resource may belong to a location that is not known here yet.
  const isCaughtUp = assumed.places.size > 0 && (await caughtUp(signal))
  const before = await known()
  if (before.isAll) return before.places
  // Of a hotel that is set aside each id is asked for by itself: a batch of another hotel is none the worse for it.
  if (!(isCaughtUp || (await caughtUp(signal))))
    for (let at = 0; at < Math.max(rooms.length, guests.length); at += MOST_ASKED)
      await peers.named({ room: rooms.slice(at, at + MOST_ASKED), guest: guests.slice(at, at + MOST_ASKED) }, signal)
  return (await known()).places
}

/** The one place of a row's rooms, or the refusal; what the row says of its hotel and location must be so. */
export function placeOf(
  places: ReadonlyMap<string, Place>,
  rooms: readonly string[],
  said: { hotel: string; location: string },
): Place | Refusal {
  const found = rooms.map((room) => places.get(room))
  const [place] = found
  const refuse = (field: string, description: string) => invalidFields([{ field, description }])
  if (place === undefined || found.includes(undefined)) {
    const unknown = rooms.filter((room) => !places.has(room))
    return refuse('rooms', rooms.length === 0 ? 'is required' : `no room has the id ${unknown.join(', ')}`)
  }
  if (found.some((other) => other?.location !== place.location || other.hotel !== place.hotel))
    return refuse('rooms', 'belong to several locations: make a reservation for each location')
  if (said.hotel !== '' && said.hotel !== place.hotel) return refuse('hotel', 'is not the hotel of the rooms')
  if (said.location !== '' && said.location !== place.location)
    return refuse('location', 'is not the location of the rooms')
  return place
}

type Needs = { readonly guest?: string; readonly rooms: readonly string[]; readonly isOpen: boolean }

/**
 * The violations of the guests and rooms of rows, by index: current and future stays need live ones. Reads the replicas
 * under the hotel's head.
 */
export async function partyViolations(
  { em }: Write,
  hotel: string,
  rows: readonly Needs[],
): Promise<ReadonlyMap<number, FieldViolation[]>> {
  const guests = rows.flatMap(({ guest }) => guest ?? [])
  const guestRows = await query<{ id: string; live: boolean }>(
    em,
    `select g.id, ${GUEST_IS_LIVE} as live from guest g where g.hotel_id = $1 and g.id = any($2)`,
    [hotel, guests],
  )
  const roomRows = await query<{ id: string; live: boolean }>(
    em,
    `select r.id, ${ROOM_IS_LIVE} as live from room r where r.hotel_id = $1 and r.id = any($2)`,
    [hotel, rows.flatMap(({ rooms }) => rooms)],
  )
  const live = new Map([...guestRows, ...roomRows].map(({ id, live }) => [id, live]))
  const violations = new Map<number, FieldViolation[]>()
  for (const [index, { guest, rooms, isOpen }] of rows.entries()) {
    const missing = (id: string) => (isOpen ? live.get(id) !== true : !live.has(id))
    const wrong: FieldViolation[] = []
    const kind = isOpen ? 'live ' : ''
    if (guest !== undefined && missing(guest))
      wrong.push({ field: 'guest', description: `no ${kind}guest of this hotel has the id ${guest}` })
    if (rooms.some(missing))
      wrong.push({ field: 'rooms', description: `no ${kind}room has the id ${rooms.filter(missing).join(', ')}` })
    if (wrong.length > 0) violations.set(index, wrong)
  }
  return violations
}
