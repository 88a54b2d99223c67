import type { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { isVisible } from '@hotel/runtime/access/hotels'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, isId } from '@hotel/runtime/resource/id'
import { Refusal, unknownHotel } from '@hotel/runtime/resource/refusal'
import { askPeer, repeatable } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'

/** How long an answer of the rooms service is good: so late a guest can still be added to a hotel that was deleted. */
const GOOD_FOR = '30 seconds'

/** The hotels as the rooms service knows them; asked before any transaction, and remembered. Both throw INVALID_FIELD, also for one that is not the caller's. */
export type KnownHotels = {
  /** Unless the hotel exists, deleted or not. */
  demandKnown(hotel: string, signal: AbortSignal): Promise<void>
  /** Unless the hotel exists and is live. While the rooms service does not answer, what it said last is good. */
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
  const ask = async (hotel: string, signal: AbortSignal): Promise<Remembered> => {
    const found = await askPeer('rooms', () => hotels.getHotel({ id: hotel }, repeatable(signal)))
    if (found === undefined) throw unknownHotel()
    await query(
      forkFor(orm, signal),
      `insert into known_hotel (hotel_id, confirm_time, delete_time) values ($1, clock_timestamp(), $2)
       on conflict (hotel_id) do update set confirm_time = excluded.confirm_time, delete_time = excluded.delete_time`,
      [hotel, found.delete_time?.toISOString() ?? null],
    )
    return { deleted: found.delete_time !== undefined, fresh: true }
  }

  return {
    async demandKnown(hotel, signal) {
      demandVisible(hotel)
      if ((await recall(hotel, signal)) === undefined) await ask(hotel, signal)
    },
    async demandLive(hotel, signal) {
      demandVisible(hotel)
      // The default hotel can not be deleted.
      if (hotel === DEFAULT_HOTEL) return
      const known = await recall(hotel, signal)
      const now = known?.fresh && !known.deleted ? known : await ask(hotel, signal).catch(orElse(known))
      if (now.deleted) throw unknownHotel()
    },
  }
}

function demandVisible(hotel: string): void {
  if (!isId(hotel) || !isVisible(hotel)) throw unknownHotel()
}

function orElse(known: Remembered | undefined): (error: unknown) => Remembered {
  return (error) => {
    if (known !== undefined && error instanceof Refusal && error.reason === 'PEER_UNAVAILABLE') return known
    throw error
  }
}
