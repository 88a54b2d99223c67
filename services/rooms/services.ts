import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { EmployeeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/employees'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { ServedParts, Service } from '@hotel/runtime/server/open-service'
import { employeeService } from './employee/employee-service.ts'
import { hotelService } from './hotel/hotel-service.ts'
import { locationService } from './location/location-service.ts'
import { roomRetirement } from './room/room-deletion.ts'
import { roomService } from './room/room-service.ts'
import { roomTypeService } from './room-type/room-type-service.ts'
import { demandHotelIn } from './shared/references.ts'
import { roomTransfers } from './transfer/transfers.ts'

/** The gRPC services of the rooms service; `closing` ends the work that they begin. */
export function roomServices(closing: AsyncDisposableStack, service: Service<'reservations'>): ServedParts {
  const { telemetry, orm, read, exportsFrom, heads, peers, writer, page } = service
  const deps = { orm, read, writer, page, watch: service.watch(demandHotelIn(orm)) }
  const reservations = peers.reservations.client(RetirementServiceDefinition)
  const retirement = roomRetirement({ orm, writer, heads, reservations, log: telemetry.log })
  closing.defer(retirement.close)
  return {
    add(server) {
      server.add(HotelServiceDefinition, hotelService(deps))
      server.add(LocationServiceDefinition, locationService(deps))
      server.add(RoomServiceDefinition, roomService({ ...deps, retirement }))
      server.add(RoomTypeServiceDefinition, roomTypeService(deps))
      server.add(EmployeeServiceDefinition, employeeService(deps))
    },
    transfers: roomTransfers({ orm, exportsFrom, writer }),
  }
}
