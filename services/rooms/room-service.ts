import { Room as RoomMessage, type RoomServiceImplementation } from '@hotel/proto/hotel/rooms/v1/rooms'
import { hotelOf } from '@hotel/runtime/access/hotels'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { folded } from '@hotel/runtime/resource/folded'
import { getMethod } from '@hotel/runtime/resource/get'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import type { Retirement } from '@hotel/runtime/resource/retirement'
import { beingRetired, takeBack } from '@hotel/runtime/resource/retiring'
import { id, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandLive, liveRule, locationUnlessNamed, ownersOf, unknownRule } from './references.ts'
import { Room, roomData, roomFields, roomRow } from './room.ts'
import { listRooms } from './room-list.ts'

/** The methods of RoomService; the proto's comments say what each promises. */
export function roomService({
  orm,
  read,
  writer: { write, hotels },
  page,
  watch,
  retirement,
}: Deps & { retirement: Retirement<RoomMessage> }): RoomServiceImplementation {
  return {
    async createRoom(request, call) {
      const read = () => forkFor(orm, call.signal)
      const wanted = request.location || (await locationUnlessNamed(read()))
      const hotel = await hotels.known('location', wanted, call.signal)
      if (hotel === undefined) return valid(request, { ...roomFields(id), location: unknownRule('location') }).location
      const room = await write(
        call,
        'CreateRoom',
        request,
        { hotel },
        {
          shares: shared(request),
          load: (em) => rulesOfAll(em, hotel, wanted, request),
          apply(written, rules) {
            const { location, ...fields } = valid(request, rules)
            const room = written.em.create(Room, {
              ...roomData(fields),
              number: fields.number,
              locationId: location,
              hotelId: hotel,
              ...newborn(written),
            })
            room.demandUnique(written)
            return () => room.toProto()
          },
        },
      )
      return created(call, '/rooms', room)
    },

    getRoom: getMethod(read, 'room', roomRow),

    listRooms: (request, call) => listRooms(read, page('ListRooms', request), request, call.signal),

    async updateRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'UpdateRoom', request, scope, {
        shares: shared(request, request.id),
        load: (em) => Promise.all([find(em, Room, scope.hotel, request.id), rulesOf(em, scope.hotel, request)]),
        apply(written, [room, rules]) {
          demandWritable(room)
          matchEtag(call, request, room.version)
          const fields = validChanges(request, rules, ['location'])
          demandUnchanged('location', request.location, room.locationId)
          change<Room>(room, roomData(fields), written)
          room.demandUnique(written)
          return () => room.toProto()
        },
      })
      return withEtag(call, room)
    },

    async replaceRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'ReplaceRoom', request, scope, {
        shares: shared(request, request.id),
        load: (em) => Promise.all([find(em, Room, scope.hotel, request.id), rulesOf(em, scope.hotel, request)]),
        apply(written, [room, rules]) {
          demandWritable(room)
          matchEtag(call, request, room.version)
          const fields = valid(request, rules)
          demandUnchanged('location', request.location, room.locationId)
          change<Room>(room, roomData(fields), written)
          room.demandUnique(written)
          return () => room.toProto()
        },
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
      const room = await write(call, 'UndeleteRoom', request, scope, {
        shares: shared({}, request.id),
        load: (em) =>
          Promise.all([find(em, Room, scope.hotel, request.id), ownersOf(em, 'room', scope.hotel, request.id)]),
        apply(written, [room, owners]) {
          matchEtag(call, request, room.version)
          if (room.deleteTime === null) {
            if (!room.retiringTime) throw precondition('ALREADY_LIVE', 'the room is not deleted')
            takeBack(room, written)
            return () => room.toProto()
          }
          demandLive(owners)
          change<Room>(room, { deleteTime: null }, written)
          room.demandUnique(written)
          return () => room.toProto()
        },
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
    return { hotel: await hotels.demand('room', id, signal) }
  }
}

/** A write of a room: it may be with other such writes, but for those of the room or of one with its number. */
function shared({ number }: { number?: string | undefined }, ...changes: string[]) {
  return { kind: 'room', changes: number === undefined ? changes : [...changes, `number ${folded(number)}`] }
}

/** The rules of a request's fields: its room type is looked up under the hotel's head. */
async function rulesOf(em: EntityManager, hotel: string, { room_type }: { room_type?: string | undefined }) {
  return roomFields(await liveRule(em, hotel, 'room_type', room_type))
}

/** The same of a new room, whose location is looked up besides. */
async function rulesOfAll(
  em: EntityManager,
  hotel: string,
  wanted: string | undefined,
  request: { room_type?: string | undefined },
) {
  const [rules, location] = await Promise.all([rulesOf(em, hotel, request), liveRule(em, hotel, 'location', wanted)])
  return { ...rules, location }
}

const HISTORY = historyFields(RoomMessage.fromPartial({}))

/** Throws for a room that is deleted, or is about to be. */
function demandWritable({ id, deleteTime, retiringTime }: Room): void {
  if (deleteTime !== null) throw notFound('room', id)
  if (retiringTime) throw beingRetired('room')
}
