import type { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { HOTEL_REQUIRED, hotelUnlessNamed, isVisible } from '@hotel/runtime/access/hotels'
import { valid } from '@hotel/runtime/call/valid'
import type { MikroORM } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/errors/id'
import { invalidFields, type Refusal, unknownHotel } from '@hotel/runtime/errors/refusal'
import type { Writer } from '@hotel/runtime/resource/write'
import { exportEntities } from '@hotel/runtime/transfer/export-rows'
import { type ImportPlan, importFields, importRows } from '@hotel/runtime/transfer/import-rows'
import { type ImportRow, insertRows } from '@hotel/runtime/transfer/stored-rows'
import type { Transfer } from '@hotel/runtime/transfer/transfer'
import type { CallContext } from 'nice-grpc'
import { GUEST_SIZE, Guest, guestFields } from '../guest/guest.ts'
import type { HotelCountries } from '../hotels/hotel-countries.ts'
import type { KnownHotels } from '../hotels/known-hotels.ts'

type Row = ImportRow & { first_name: string; last_name: string | null; email: string | null; phone: string | null }

/** Guests in bulk. Those of a deleted hotel are taken too: a hotel's guests outlive it. */
export function guestTransfer(
  exportsFrom: MikroORM,
  writer: Writer,
  hotels: KnownHotels,
  countries: HotelCountries,
): Transfer<GuestMessage> {
  const planOf = (
    country: (hotel: string) => string | undefined,
    assumed: Batch | undefined,
  ): ImportPlan<GuestMessage, Row> => ({
    table: 'guest',
    hotels: (guests, call) => hotelsOf(guests, hotels, call, assumed),
    row(guest, hotel) {
      const fields = valid(guest, { ...importFields, ...guestFields(guest, country(hotel)) })
      return { ...fields, hotel_id: hotel, first_name: fields.first_name ?? '' }
    },
    async store(write, rows) {
      await insertRows(write, 'guest', rows)
      return new Map()
    },
  })
  return {
    async import(guests, importing) {
      const known = new Map<string, string | undefined>()
      for (const guest of guests) {
        const named = hotelNamed(guest.hotel)
        if (!known.get(named)) known.set(named, await countries.of(guest, named, importing.call.signal))
      }
      return importRows(
        writer,
        planOf((hotel) => known.get(hotel), importing.assumed),
        guests,
        importing,
      )
    },
    export: (call) => exportEntities(exportsFrom, call.signal, { table: 'guest', bytes: GUEST_SIZE.bytes }, Guest),
  }
}

function hotelNamed(hotel: string): string {
  return hotel || (hotelUnlessNamed() ?? '')
}

async function hotelsOf(
  guests: readonly GuestMessage[],
  hotels: KnownHotels,
  call: CallContext,
  assumed?: Batch,
): Promise<(string | Refusal)[]> {
  const missing = invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
  const named = guests.map(({ hotel }) => hotelNamed(hotel))
  const made = new Set(assumed?.hotels.map(({ id }) => id).filter((id) => isId(id) && isVisible(id)))
  const existing = await hotels.existing(
    named.filter((hotel) => !made.has(hotel)),
    call.signal,
  )
  const isThere = (hotel: string) => made.has(hotel) || existing.has(hotel)
  return named.map((hotel) => (hotel === '' ? missing : isThere(hotel) ? hotel : unknownHotel()))
}
