import type { RoomTypeServiceImplementation } from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelOf, hotelUnlessNamed, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Write } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandUnused } from './in-use.ts'
import { demandLive, liveRule, unknownRule } from './references.ts'
import { RoomType, roomTypeData, roomTypeFields, roomTypeRow } from './room-type.ts'
import { listRoomTypes } from './room-type-list.ts'

/** The methods of RoomTypeService; the proto's comments say what each promises. */
export function roomTypeService({ orm, read, writer: { write }, page, watch }: Deps): RoomTypeServiceImplementation {
  return {
    async createRoomType(request, call) {
      const hotel = await knownHotelOf(forkFor(orm, call.signal), 'hotel', request.hotel || hotelUnlessNamed())
      if (hotel === undefined) return valid(request, { ...roomTypeFields, hotel: unknownRule('hotel') }).hotel
      const type = await write(call, 'CreateRoomType', request, { hotel }, async (written) => {
        const { hotel: _, ...fields } = valid(request, {
          ...roomTypeFields,
          hotel: await liveRule(written.em, hotel, 'hotel', hotel),
        })
        const type = written.em.create(RoomType, {
          ...roomTypeData(fields),
          name: fields.name,
          hotelId: hotel,
          ...newborn(written),
        })
        await type.save(written.em)
        return () => type.toProto()
      })
      return created(call, '/room_types', type)
    },

    getRoomType: getMethod(read, 'room_type', roomTypeRow),

    listRoomTypes: (request, call) => listRoomTypes(forkFor(orm, call.signal), page('ListRoomTypes', request), request),

    async updateRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = validChanges(request, roomTypeFields, ['hotel'])
      const type = await write(call, 'UpdateRoomType', request, scope, async (written) => {
        const type = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, type.version)
        demandUnchanged('hotel', request.hotel, type.hotelId)
        change<RoomType>(type, roomTypeData(fields), written)
        await type.save(written.em)
        return () => type.toProto()
      })
      return withEtag(call, type)
    },

    async replaceRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = valid(request, roomTypeFields)
      const type = await write(call, 'ReplaceRoomType', request, scope, async (written) => {
        const type = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, type.version)
        demandUnchanged('hotel', request.hotel, type.hotelId)
        change<RoomType>(type, roomTypeData(fields), written)
        await type.save(written.em)
        return () => type.toProto()
      })
      return withEtag(call, type)
    },

    async deleteRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const type = await write(call, 'DeleteRoomType', request, scope, async (written) => {
        const type = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, type.version)
        await demandUnused(written.em, 'room_type', scope.hotel, type.id)
        change<RoomType>(type, { deleteTime: written.now }, written)
        return () => type.toProto()
      })
      return withEtag(call, type)
    },

    async undeleteRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const type = await write(call, 'UndeleteRoomType', request, scope, async (written) => {
        const type = await find(written.em, scope.hotel, request.id)
        matchEtag(call, request, type.version)
        if (type.deleteTime === null) throw precondition('ALREADY_LIVE', 'the room type is not deleted')
        await demandLive(written.em, scope.hotel, 'hotel', scope.hotel)
        change<RoomType>(type, { deleteTime: null }, written)
        await type.save(written.em)
        return () => type.toProto()
      })
      return withEtag(call, type)
    },

    watchRoomTypes: (request, call) => watch(call, request, 'room_type'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotelOf(forkFor(orm, signal), 'room_type', id) }
  }
}

function find(em: EntityManager, hotelId: string, id: string): Promise<RoomType> {
  return em.findOneOrFail(RoomType, { hotelId, id })
}

async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<RoomType> {
  const type = await find(em, hotelId, id)
  if (type.deleteTime !== null) throw notFound('room_type', id)
  return type
}
