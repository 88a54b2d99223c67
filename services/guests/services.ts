import { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import type { ServedParts, Service } from '@hotel/runtime/server/open-service'
import { guestErasure } from './deletion/erasure.ts'
import { guestRetirement } from './deletion/guest-deletion.ts'
import { guestService } from './guest/guest-service.ts'
import { hotelCountries } from './hotels/hotel-countries.ts'
import { knownHotels } from './hotels/known-hotels.ts'
import { guestTransfer } from './transfer/guest-transfer.ts'

/** The gRPC services of the guests service; `closing` ends the work that they begin. */
export function guestServices(closing: AsyncDisposableStack, service: Service<'rooms' | 'reservations'>): ServedParts {
  const { telemetry, orm, read, exportsFrom, heads, peers, writer, page } = service
  const { log } = telemetry
  const hotels = knownHotels(orm, peers.rooms.client(HotelServiceDefinition))
  const countries = hotelCountries(peers.rooms.client(LocationServiceDefinition))
  const reservations = peers.reservations.client(RetirementServiceDefinition)
  const retirement = guestRetirement({ orm, writer, heads, reservations, log })
  closing.defer(retirement.close)
  const erasure = guestErasure({ orm, writer, retirement, reservations, log, heads })
  closing.defer(erasure.close)
  const watch = service.watch(hotels.demandKnown)
  return {
    add(server) {
      const deps = { orm, read, writer, page, watch, retirement, erasure, hotels, countries }
      server.add(GuestServiceDefinition, guestService(deps))
    },
    transfers: { guests: guestTransfer(exportsFrom, writer, hotels, countries) },
  }
}
