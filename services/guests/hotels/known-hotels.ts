import type { Hotel, HotelServiceDefinition, ListHotelsResponse } from '@hotel/proto/hotel/rooms/v1/hotels'
import { isVisible } from '@hotel/runtime/access/hotels'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, isId } from '@hotel/runtime/errors/id'
import { Refusal, unknownHotel } from '@hotel/runtime/errors/refusal'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import type { Client } from 'nice-grpc'

/** How long an answer of the rooms service is good: so late a guest can still be added to a hotel that was deleted. */
const GOOD_FOR = '30 seconds'

/** So many hotels are asked for one by one; of more, the rooms service lists all that it has. */
const MOST_ASKED = 10

/** The hotels as the rooms service knows them; asked before any transaction, and remembered. */
export type KnownHotels = {
  /** Those of some hotels that exist, deleted or not, and are the caller's. */
  existing(hotels: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>
  /** Throws INVALID_FIELD unless the hotel exists, deleted or not. */
  demandKnown(hotel: string, signal: AbortSignal): Promise<void>
  /** Throws INVALID_FIELD unless the hotel exists and is live. While the rooms service does not answer, what it said last is good. */
  demandLive(hotel: string, signal: AbortSignal): Promise<void>
}

type Remembered = { deleted: boolean; fresh: boolean }

/** Makes the KnownHotels of the service's database. */
export function knownHotels(orm: MikroORM, hotels: Client<HotelServiceDefinition>): KnownHotels {
  const recall = async (hotel: string, signal: AbortSignal): Promise<Remembered | undefined> => {
    const [row] = await query<Remembered>(
      forkFor(orm, signal),
      `select delete_time is not null as deleted, confirm_time > clock_timestamp() - interval '${GOOD_FOR}' as fresh
       from known_hotel where hotel_id = $1`,
      [hotel],
    )
    return row
  }
  const remember = (found: readonly Hotel[], signal: AbortSignal) =>
    query(
      forkFor(orm, signal),
      `insert into known_hotel (hotel_id, confirm_time, delete_time)
       select id, clock_timestamp(), deleted from unnest($1::uuid[], $2::timestamptz[]) as h (id, deleted) order by id
       on conflict (hotel_id) do update set confirm_time = excluded.confirm_time, delete_time = excluded.delete_time`,
      [found.map(({ id }) => id), found.map(({ delete_time }) => delete_time?.toISOString() ?? null)],
    )
  const get = (id: string, signal: AbortSignal) => askPeer('rooms', () => hotels.getHotel({ id }, repeatable(signal)))
  const ask = async (hotel: string, signal: AbortSignal): Promise<Remembered> => {
    const found = await get(hotel, signal)
    if (found === undefined) throw unknownHotel()
    await remember([found], signal)
    return { deleted: found.delete_time !== undefined, fresh: true }
  }
  const all = async (signal: AbortSignal): Promise<Hotel[]> => {
    const found: Hotel[] = []
    let page_token = ''
    do {
      const request = { page_size: 500, page_token, show_deleted: true }
      const page: Partial<ListHotelsResponse> | undefined = await askPeer('rooms', () =>
        hotels.listHotels(request, repeatable(signal)),
      )
      found.push(...(page?.hotels ?? []))
      page_token = page?.next_page_token ?? ''
    } while (page_token !== '')
    return found
  }

  return {
    async demandKnown(hotel, signal) {
      if (!isCallers(hotel)) throw unknownHotel()
      if ((await recall(hotel, signal)) === undefined) await ask(hotel, signal)
    },
    async existing(named, signal) {
      const ids = [...new Set(named)].filter(isCallers)
      const rows = await query<{ id: string }>(
        forkFor(orm, signal),
        'select hotel_id as id from known_hotel where hotel_id = any($1)',
        [ids],
      )
      const known = new Set(rows.map(({ id }) => id))
      const missing = new Set(ids).difference(known)
      if (missing.size === 0) return known
      const found: Hotel[] = []
      if (missing.size > MOST_ASKED) found.push(...(await all(signal)).filter(({ id }) => missing.has(id)))
      else for (const id of missing) found.push(...[(await get(id, signal)) ?? []].flat())
      await remember(found, signal)
      return known.union(new Set(found.map(({ id }) => id)))
    },
    async demandLive(hotel, signal) {
      if (!isCallers(hotel)) throw unknownHotel()
      // The default hotel can not be deleted.
      if (hotel === DEFAULT_HOTEL) return
      const known = await recall(hotel, signal)
      const now = known?.fresh && !known.deleted ? known : await ask(hotel, signal).catch(orElse(known))
      if (now.deleted) throw unknownHotel()
    },
  }
}

function isCallers(hotel: string): boolean {
  return isId(hotel) && isVisible(hotel)
}

function orElse(known: Remembered | undefined): (error: unknown) => Remembered {
  return (error) => {
    if (known !== undefined && error instanceof Refusal && error.reason === 'PEER_UNAVAILABLE') return known
    throw error
  }
}
