import { randomUUIDv7 } from 'node:crypto'
import type { HotelServiceImplementation } from '@hotel/proto/hotel/rooms/v1/hotels'
import { demandEveryHotel } from '@hotel/runtime/access/hotels'
import { type Parse, valid, validChanges } from '@hotel/runtime/call/valid'
import type { Watch } from '@hotel/runtime/changes/watch'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { getMethod } from '@hotel/runtime/read/get'
import type { Pager } from '@hotel/runtime/read/page'
import { type Changing, changeMethods } from '@hotel/runtime/resource/change-methods'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Writer } from '@hotel/runtime/resource/write'
import { unused } from '../shared/in-use.ts'
import { Hotel, hotelFields, hotelRow } from './hotel.ts'
import { listHotels } from './hotel-list.ts'

/** The parts that each gRPC service of this process needs: its database, its writes, its pages, its feed. */
export type Deps = { orm: MikroORM; read: Read; writer: Writer; page: Pager; watch: Watch }

/** The methods of HotelService; the proto's comments say what each promises. */
export function hotelService({ read, writer, page, watch }: Deps): HotelServiceImplementation {
  const hotels = changeMethods(writer, { name: 'hotel', collection: '/hotels', entity: Hotel })
  return {
    async createHotel(request, call) {
      demandEveryHotel()
      const fields = valid(request, hotelFields)
      const id = randomUUIDv7()
      return hotels.create(
        call,
        'CreateHotel',
        request,
        { hotel: DEFAULT_HOTEL, creates: id },
        { make: (written) => written.em.create(Hotel, { ...fields, ...newResourceFields(written), hotelId: id, id }) },
      )
    },

    getHotel: getMethod(read, 'hotel', hotelRow, { id: 'hotel_id' }),

    listHotels: (request, call) => listHotels(read, page('ListHotels', request), request, call.signal),

    updateHotel: (request, call) => hotels.update(call, 'UpdateHotel', request, () => changing(request, validChanges)),

    replaceHotel: (request, call) => hotels.update(call, 'ReplaceHotel', request, () => changing(request, valid)),

    deleteHotel: (request, call) => hotels.remove(call, 'DeleteHotel', request, unused('hotel', DEFAULT_HOTEL)),

    undeleteHotel: (request, call) => hotels.undelete(call, 'UndeleteHotel', request),

    watchHotels: (request, call) => watch(call, request, 'hotel'),
  }
}

/** How an update or a replacement changes a hotel. */
function changing(request: object, parse: Parse): Changing<Hotel> {
  const fields = parse(request, hotelFields)
  return { fields: () => fields }
}
