import type { RoomTypeServiceImplementation } from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import type { EntityManager } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandUnused, usesOf } from './in-use.ts'
import { demandLive, hotelAsOwner, liveRule, unknownRule } from './references.ts'
import { RoomType, roomTypeData, roomTypeFields, roomTypeRow } from './room-type.ts'
import { listRoomTypes } from './room-type-list.ts'

/** The methods of RoomTypeService; the proto's comments say what each promises. */
export function roomTypeService({ read, writer: { write, hotels }, page, watch }: Deps): RoomTypeServiceImplementation {
  return {
    async createRoomType(request, call) {
      const hotel = await hotels.known('hotel', request.hotel || hotelUnlessNamed(), call.signal)
      if (hotel === undefined) return valid(request, { ...roomTypeFields, hotel: unknownRule('hotel') }).hotel
      const type = await write(
        call,
        'CreateRoomType',
        request,
        { hotel },
        {
          load: (em) => liveRule(em, hotel, 'hotel', hotel),
          apply(written, rule) {
            const { hotel: _, ...fields } = valid(request, { ...roomTypeFields, hotel: rule })
            const type = written.em.create(RoomType, {
              ...roomTypeData(fields),
              name: fields.name,
              hotelId: hotel,
              ...newborn(written),
            })
            type.demandUnique(written)
            return () => type.toProto()
          },
        },
      )
      return created(call, '/room_types', type)
    },

    getRoomType: getMethod(read, 'room_type', roomTypeRow),

    listRoomTypes: (request, call) => listRoomTypes(read, page('ListRoomTypes', request), request, call.signal),

    async updateRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = validChanges(request, roomTypeFields, ['hotel'])
      const type = await write(call, 'UpdateRoomType', request, scope, {
        load: (em) => findLive(em, scope.hotel, request.id),
        apply(written, type) {
          matchEtag(call, request, type.version)
          demandUnchanged('hotel', request.hotel, type.hotelId)
          change<RoomType>(type, roomTypeData(fields), written)
          type.demandUnique(written)
          return () => type.toProto()
        },
      })
      return withEtag(call, type)
    },

    async replaceRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = valid(request, roomTypeFields)
      const type = await write(call, 'ReplaceRoomType', request, scope, {
        load: (em) => findLive(em, scope.hotel, request.id),
        apply(written, type) {
          matchEtag(call, request, type.version)
          demandUnchanged('hotel', request.hotel, type.hotelId)
          change<RoomType>(type, roomTypeData(fields), written)
          type.demandUnique(written)
          return () => type.toProto()
        },
      })
      return withEtag(call, type)
    },

    async deleteRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const type = await write(call, 'DeleteRoomType', request, scope, {
        load: (em) =>
          Promise.all([findLive(em, scope.hotel, request.id), usesOf(em, 'room_type', scope.hotel, request.id)]),
        apply(written, [type, uses]) {
          matchEtag(call, request, type.version)
          demandUnused('room_type', type.id, uses)
          change<RoomType>(type, { deleteTime: written.now }, written)
          return () => type.toProto()
        },
      })
      return withEtag(call, type)
    },

    async undeleteRoomType(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const type = await write(call, 'UndeleteRoomType', request, scope, {
        load: (em) => Promise.all([find(em, RoomType, scope.hotel, request.id), hotelAsOwner(em, scope.hotel)]),
        apply(written, [type, owners]) {
          matchEtag(call, request, type.version)
          if (type.deleteTime === null) throw precondition('ALREADY_LIVE', 'the room type is not deleted')
          demandLive(owners)
          change<RoomType>(type, { deleteTime: null }, written)
          type.demandUnique(written)
          return () => type.toProto()
        },
      })
      return withEtag(call, type)
    },

    watchRoomTypes: (request, call) => watch(call, request, 'room_type'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotels.demand('room_type', id, signal) }
  }
}

async function findLive(em: EntityManager, hotel: string, id: string): Promise<RoomType> {
  const type = await find(em, RoomType, hotel, id)
  if (type.deleteTime !== null) throw notFound('room_type', id)
  return type
}
