import type {
  ReplaceRoomTypeRequest,
  RoomTypeServiceImplementation,
  UpdateRoomTypeRequest,
} from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { type Parse, valid, validChanges } from '@hotel/runtime/call/valid'
import { demandUnchanged } from '@hotel/runtime/errors/refusal'
import { getMethod } from '@hotel/runtime/read/get'
import { type Changing, changeMethods } from '@hotel/runtime/resource/change-methods'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Deps } from '../hotel/hotel-service.ts'
import { unused } from '../shared/in-use.ts'
import { hotelIsLive, liveRule, unknownRule } from '../shared/references.ts'
import { RoomType, roomTypeData, roomTypeFields, roomTypeRow } from './room-type.ts'
import { listRoomTypes } from './room-type-list.ts'

/** The methods of RoomTypeService; the proto's comments say what each promises. */
export function roomTypeService({ read, writer, page, watch }: Deps): RoomTypeServiceImplementation {
  const types = changeMethods(writer, { name: 'room_type', collection: '/room_types', entity: RoomType })
  return {
    async createRoomType(request, call) {
      const hotel = await writer.hotels.known('hotel', request.hotel || hotelUnlessNamed(), call.signal)
      if (hotel === undefined) return valid(request, { ...roomTypeFields, hotel: unknownRule('hotel') }).hotel
      return types.create(
        call,
        'CreateRoomType',
        request,
        { hotel },
        {
          load: (em) => liveRule(em, hotel, 'hotel', hotel),
          make(written, rule) {
            const { hotel: _, ...fields } = valid(request, { ...roomTypeFields, hotel: rule })
            return written.em.create(RoomType, {
              ...roomTypeData(fields),
              name: fields.name,
              hotelId: hotel,
              ...newResourceFields(written),
            })
          },
        },
      )
    },

    getRoomType: getMethod(read, 'room_type', roomTypeRow),

    listRoomTypes: (request, call) => listRoomTypes(read, page('ListRoomTypes', request), request, call.signal),

    updateRoomType: (request, call) =>
      types.update(call, 'UpdateRoomType', request, () => changing(request, validChanges)),

    replaceRoomType: (request, call) => types.update(call, 'ReplaceRoomType', request, () => changing(request, valid)),

    deleteRoomType: (request, call) => types.remove(call, 'DeleteRoomType', request, unused('room_type')),

    undeleteRoomType: (request, call) => types.undelete(call, 'UndeleteRoomType', request, hotelIsLive),

    watchRoomTypes: (request, call) => watch(call, request, 'room_type'),
  }
}

/** How an update or a replacement changes a room type, whose hotel stays. */
function changing(request: UpdateRoomTypeRequest | ReplaceRoomTypeRequest, parse: Parse): Changing<RoomType> {
  const fields = parse(request, roomTypeFields, ['hotel'])
  return {
    fields(type) {
      demandUnchanged('hotel', request.hotel, type.hotelId)
      return roomTypeData(fields)
    },
  }
}
