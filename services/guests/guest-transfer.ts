import type { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import { HOTEL_REQUIRED, hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import type { MikroORM } from '@hotel/runtime/database/database'
import { invalidFields, type Refusal, unknownHotel } from '@hotel/runtime/resource/refusal'
import { valid } from '@hotel/runtime/resource/valid'
import type { Writer } from '@hotel/runtime/resource/write'
import { exportEntities } from '@hotel/runtime/transfer/export-rows'
import { type ImportPlan, importFields, importRows } from '@hotel/runtime/transfer/import-rows'
import { type ImportRow, insertRows } from '@hotel/runtime/transfer/stored-rows'
import type { Transfer } from '@hotel/runtime/transfer/transfer'
import type { CallContext } from 'nice-grpc'
import { GUEST_SIZE, Guest, guestFields } from './guest.ts'
import type { KnownHotels } from './known-hotels.ts'

type Row = ImportRow & { first_name: string; last_name: string | null; email: string | null; phone: string | null }

/** Guests in bulk. Those of a deleted hotel are taken too: a hotel's guests outlive it. */
export function guestTransfer(exportsFrom: MikroORM, writer: Writer, hotels: KnownHotels): Transfer<GuestMessage> {
  const plan: ImportPlan<GuestMessage, Row> = {
    table: 'guest',
    hotels: (guests, call) => hotelsOf(guests, hotels, call),
    row(guest, hotel) {
      const fields = valid(guest, { ...importFields, ...guestFields(guest) })
      return { ...fields, hotel_id: hotel, first_name: fields.first_name ?? '' }
    },
    async store(write, rows) {
      await insertRows(write, 'guest', rows)
      return new Map()
    },
  }
  return {
    import: (guests, call, turn) => importRows(writer, plan, guests, call, turn),
    export: (call) => exportEntities(exportsFrom, call.signal, { table: 'guest', bytes: GUEST_SIZE.bytes }, Guest),
  }
}

async function hotelsOf(
  guests: readonly GuestMessage[],
  hotels: KnownHotels,
  call: CallContext,
): Promise<(string | Refusal)[]> {
  const missing = invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
  const named = guests.map(({ hotel }) => hotel || (hotelUnlessNamed() ?? ''))
  const existing = await hotels.existing(named, call.signal)
  return named.map((hotel) => (hotel === '' ? missing : existing.has(hotel) ? hotel : unknownHotel()))
}
