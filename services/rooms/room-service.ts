import { Room as RoomMessage, type RoomServiceImplementation } from '@hotel/proto/hotel/rooms/v1/rooms'
import { hotelOf, knownHotelOf } from '@hotel/runtime/access/hotels'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import type { Retirement } from '@hotel/runtime/resource/retirement'
import { beingRetired, takeBack } from '@hotel/runtime/resource/retiring'
import { id, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Write } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandLive, liveRule, locationUnlessNamed, unknownRule } from './references.ts'
import { Room, roomData, roomFields, roomRow } from './room.ts'
import { listRooms } from './room-list.ts'

/** The methods of RoomService; the proto's comments say what each promises. */
export function roomService({
  orm,
  read,
  writer: { write },
  page,
  watch,
  retirement,
}: Deps & { retirement: Retirement<RoomMessage> }): RoomServiceImplementation {
  return {
    async createRoom(request, call) {
      const em = forkFor(orm, call.signal)
      const wanted = request.location || (await locationUnlessNamed(em))
      const hotel = await knownHotelOf(em, 'location', wanted)
      if (hotel === undefined) return valid(request, { ...roomFields(id), location: unknownRule('location') }).location
      const room = await write(call, 'CreateRoom', request, { hotel }, async (written) => {
        const { location, ...fields } = valid(request, {
          ...(await rules(written, hotel, request)),
          location: await liveRule(written.em, hotel, 'location', wanted),
        })
        const room = written.em.create(Room, {
          ...roomData(fields),
          number: fields.number,
          locationId: location,
          hotelId: hotel,
          ...newborn(written),
        })
        await room.save(written.em)
        return () => room.toProto()
      })
      return created(call, '/rooms', room)
    },

    getRoom: getMethod(read, 'room', roomRow),

    listRooms: (request, call) => listRooms(forkFor(orm, call.signal), page('ListRooms', request), request),

    async updateRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'UpdateRoom', request, scope, async (written) => {
        const room = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, room.version)
        const fields = validChanges(request, await rules(written, scope.hotel, request), ['location'])
        demandUnchanged('location', request.location, room.locationId)
        change<Room>(room, roomData(fields), written)
        await room.save(written.em)
        return () => room.toProto()
      })
      return withEtag(call, room)
    },

    async replaceRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'ReplaceRoom', request, scope, async (written) => {
        const room = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, room.version)
        const fields = valid(request, await rules(written, scope.hotel, request))
        demandUnchanged('location', request.location, room.locationId)
        change<Room>(room, roomData(fields), written)
        await room.save(written.em)
        return () => room.toProto()
      })
      return withEtag(call, room)
    },

    async deleteRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      return withEtag(call, await retirement.remove(call, 'DeleteRoom', request, scope))
    },

    // The reservations service gives the room's future back as soon as it knows of this version, which it asks for
    // whenever somebody wants the room.
    async undeleteRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'UndeleteRoom', request, scope, async (written) => {
        const { em } = written
        const room = await find(em, scope.hotel, request.id)
        matchEtag(call, request, room.version)
        if (room.deleteTime === null) {
          if (!room.retiringTime) throw precondition('ALREADY_LIVE', 'the room is not deleted')
          takeBack(room, written)
          return () => room.toProto()
        }
        await demandLive(em, scope.hotel, 'location', room.locationId)
        if (room.roomTypeId) await demandLive(em, scope.hotel, 'room_type', room.roomTypeId)
        change<Room>(room, { deleteTime: null }, written)
        await room.save(em)
        return () => room.toProto()
      })
      return withEtag(call, room)
    },

    async listRoomHistory(request, call) {
      const em = forkFor(orm, call.signal)
      const hotel = await hotelOf(em, 'room', request.id)
      return listHistory(em, page('ListRoomHistory', request), request, { table: 'room', hotel, fields: HISTORY })
    },

    watchRooms: (request, call) => watch(call, request, 'room'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotelOf(forkFor(orm, signal), 'room', id) }
  }
}

/** The rules of a request's fields: its room type is looked up under the hotel's head. */
async function rules({ em }: Write, hotel: string, { room_type }: { room_type?: string | undefined }) {
  return roomFields(await liveRule(em, hotel, 'room_type', room_type))
}

const HISTORY = historyFields(RoomMessage.fromPartial({}))

function find(em: EntityManager, hotelId: string, id: string): Promise<Room> {
  return em.findOneOrFail(Room, { hotelId, id })
}

/** A live room that nothing is about to delete. */
async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<Room> {
  const room = await find(em, hotelId, id)
  if (room.deleteTime !== null) throw notFound('room', id)
  if (room.retiringTime) throw beingRetired('room')
  return room
}
