import type { AvailabilityServiceImplementation } from '@hotel/proto/hotel/reservations/v1/availability'
import { forkFor, type MikroORM } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import type { Pager } from '@hotel/runtime/read/page'
import { listRoomAvailability, listRoomTypeAvailability } from './availability.ts'

type Deps = { orm: MikroORM; read: Read; page: Pager; clockOffset: ClockOffset }

/** The methods of AvailabilityService; the proto's comments say what each promises. */
export function availabilityService({ orm, read, page, clockOffset }: Deps): AvailabilityServiceImplementation {
  return {
    listRoomAvailability: (request, call) => listRoomAvailability(read, page, request, clockOffset(), call.signal),
    listRoomTypeAvailability: (request, call) =>
      listRoomTypeAvailability(forkFor(orm, call.signal), page, request, clockOffset()),
  }
}
