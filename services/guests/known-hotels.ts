import type { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database'
import { isId } from '@hotel/runtime/id'
import { askPeer, repeatable } from '@hotel/runtime/peers'
import { invalidFields } from '@hotel/runtime/refusal'
import type { Client } from 'nice-grpc'

/** Throws INVALID_FIELD unless the hotel exists; asks the rooms service about one not seen yet, before any transaction. */
export function hotelDemand(orm: MikroORM, hotels: Client<HotelServiceDefinition>) {
  return async (hotel: string, signal: AbortSignal): Promise<void> => {
    const em = forkFor(orm, signal)
    const unknown = invalidFields([{ field: 'hotel', description: 'no hotel has this id' }])
    if (!isId(hotel)) throw unknown
    const known = await query(em, 'select 1 from known_hotel where hotel_id = $1', [hotel])
    if (known.length > 0) return
    const found = await askPeer('rooms', () => hotels.getHotel({ id: hotel }, repeatable(signal)))
    if (found === undefined) throw unknown
    await query(em, 'insert into known_hotel values ($1) on conflict do nothing', [hotel])
  }
}
