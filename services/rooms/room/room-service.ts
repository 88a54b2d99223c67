import {
  type ReplaceRoomRequest,
  Room as RoomMessage,
  type RoomServiceImplementation,
  type UpdateRoomRequest,
} from '@hotel/proto/hotel/rooms/v1/rooms'
import { id, type Parse, valid, validChanges } from '@hotel/runtime/call/valid'
import { historyMethod } from '@hotel/runtime/changes/history'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { demandUnchanged } from '@hotel/runtime/errors/refusal'
import { folded } from '@hotel/runtime/read/folded'
import { getMethod } from '@hotel/runtime/read/get'
import { withEtag } from '@hotel/runtime/resource/answer'
import { type Changing, changeMethods } from '@hotel/runtime/resource/change-methods'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Retirement } from '@hotel/runtime/resource/retirement/retirement'
import type { Deps } from '../hotel/hotel-service.ts'
import { liveRule, locationUnlessNamed, ownersAreLive, unknownRule } from '../shared/references.ts'
import { Room, roomData, roomFields, roomRow } from './room.ts'
import { listRooms } from './room-list.ts'

/** The methods of RoomService; the proto's comments say what each promises. */
export function roomService({
  orm,
  read,
  writer,
  page,
  watch,
  retirement,
}: Deps & { retirement: Retirement<RoomMessage> }): RoomServiceImplementation {
  const rooms = changeMethods(writer, { name: 'room', collection: '/rooms', entity: Room, shares })
  return {
    async createRoom(request, call) {
      const wanted = request.location || (await locationUnlessNamed(forkFor(orm, call.signal)))
      const hotel = await writer.hotels.known('location', wanted, call.signal)
      if (hotel === undefined) return valid(request, { ...roomFields(id), location: unknownRule('location') }).location
      return rooms.create(
        call,
        'CreateRoom',
        request,
        { hotel },
        {
          load: (em) => rulesOfAll(em, hotel, wanted, request),
          make(written, rules) {
            const { location, ...fields } = valid(request, rules)
            return written.em.create(Room, {
              ...roomData(fields),
              number: fields.number,
              locationId: location,
              hotelId: hotel,
              ...newResourceFields(written),
            })
          },
        },
      )
    },

    getRoom: getMethod(read, 'room', roomRow),

    listRooms: (request, call) => listRooms(read, page('ListRooms', request), request, call.signal),

    updateRoom: (request, call) => rooms.update(call, 'UpdateRoom', request, () => changing(request, validChanges)),

    replaceRoom: (request, call) => rooms.update(call, 'ReplaceRoom', request, () => changing(request, valid)),

    async deleteRoom(request, call) {
      const scope = await rooms.scopeOf(request, call)
      return withEtag(call, await retirement.remove(call, 'DeleteRoom', request, scope))
    },

    // The reservations service gives the room's future back as soon as it knows of this version, which it asks for
    // whenever somebody wants the room.
    undeleteRoom: (request, call) => rooms.undelete(call, 'UndeleteRoom', request, ownersAreLive('room')),

    listRoomHistory: historyMethod(orm, page, 'ListRoomHistory', 'room', RoomMessage.fromPartial({})),

    watchRooms: (request, call) => watch(call, request, 'room'),
  }
}

/** How an update or a replacement changes a room, whose location stays; its room type is looked up under the hotel's head. */
function changing(request: UpdateRoomRequest | ReplaceRoomRequest, parse: Parse): Changing<Room, RoomRules> {
  return {
    load: (em, hotel) => rulesOf(em, hotel, request),
    fields(room, rules) {
      const fields = parse(request, rules, ['location'])
      demandUnchanged('location', request.location, room.locationId)
      return roomData(fields)
    },
  }
}

/** A write of a room: it may be with other such writes, but for those of the room or of one with its number. */
function shares({ id, number }: { id?: string; number?: string | undefined }) {
  const changes = id === undefined ? [] : [id]
  return { kind: 'room', changes: number === undefined ? changes : [...changes, `number ${folded(number)}`] }
}

type RoomRules = ReturnType<typeof roomFields>

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
