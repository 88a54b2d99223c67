import type { RoomServiceImplementation } from '@hotel/proto/hotel/rooms/v1/rooms'
import { created, withEtag } from '@hotel/runtime/answer'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database'
import { matchEtag } from '@hotel/runtime/etag'
import { DEFAULT_LOCATION, isId } from '@hotel/runtime/id'
import { demandUnchanged, notFound } from '@hotel/runtime/refusal'
import { Invalid, valid, validChanges } from '@hotel/runtime/valid'
import { change, newborn, type Write } from '@hotel/runtime/write'
import type { Deps } from './hotel-service.ts'
import { hotelOfLocation } from './location-service.ts'
import { Room, roomFields } from './room.ts'
import { listRooms } from './room-list.ts'

/** The methods of RoomService; the proto's comments say what each promises. */
export function roomService({ orm, writer: { write }, page }: Deps): RoomServiceImplementation {
  return {
    async createRoom(request, call) {
      const locationId = request.location === '' ? DEFAULT_LOCATION : request.location
      const known = await hotelOfLocation(forkFor(orm, call.signal), locationId)
      const { number, location: hotel } = valid(request, {
        ...roomFields,
        location: () => {
          if (known === undefined) throw new Invalid('no location has this id')
          return known
        },
      })
      const room = await write(call, 'CreateRoom', request, { hotel }, async (written) => {
        const room = written.em.create(Room, {
          number,
          locationId,
          hotelId: hotel,
          ...newborn(written),
        })
        await room.save(written.em)
        return () => room.toProto()
      })
      return created(call, '/rooms', room)
    },

    async getRoom({ id }, call) {
      const em = forkFor(orm, call.signal)
      const room = await find(em, await hotelOf(em, id), id)
      return withEtag(call, room.toProto())
    },

    listRooms: (request, call) => listRooms(forkFor(orm, call.signal), page('ListRooms', request), request),

    async updateRoom(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const room = await write(call, 'UpdateRoom', request, scope, async (written) => {
        const room = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, room.version)
        const fields = validChanges(request, roomFields, ['location'])
        demandUnchanged('location', request.location, room.locationId)
        change<Room>(room, fields, written)
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
        const fields = valid(request, roomFields)
        demandUnchanged('location', request.location, room.locationId)
        change(room, fields, written)
        await room.save(written.em)
        return () => room.toProto()
      })
      return withEtag(call, room)
    },
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotelOf(forkFor(orm, signal), id) }
  }
}

/** The hotel of a room by id alone: the one look-up that does not know the hotel. Throws NOT_FOUND. */
async function hotelOf(em: EntityManager, id: string): Promise<string> {
  if (!isId(id)) throw notFound('room', id)
  const [row] = await query<{ hotel_id: string }>(em, 'select hotel_id from room where id = $1', [id])
  if (row === undefined) throw notFound('room', id)
  return row.hotel_id
}

function find(em: EntityManager, hotelId: string, id: string): Promise<Room> {
  return em.findOneOrFail(Room, { hotelId, id })
}

async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<Room> {
  const room = await find(em, hotelId, id)
  if (room.deleteTime !== null) throw notFound('room', id)
  return room
}
