import type { RoomBlockServiceImplementation } from '@hotel/proto/hotel/reservations/v1/blocks'
import { hotelOf } from '@hotel/runtime/access/hotels'
import { forkFor } from '@hotel/runtime/database/database'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { invalidFields, notFound } from '@hotel/runtime/resource/refusal'
import { valid } from '@hotel/runtime/resource/valid'
import { change, newborn } from '@hotel/runtime/resource/write'
import { hold, release } from './occupancy.ts'
import { hotelOfRooms, placeOfRooms } from './parties.ts'
import type { Deps } from './reservation-service.ts'
import { RoomBlock, roomBlockFields, roomBlockRow } from './room-block.ts'
import { listRoomBlocks } from './room-block-list.ts'
import { legsOf, stay } from './stay.ts'

/** The methods of RoomBlockService; the proto's comments say what each promises. */
export function roomBlockService({
  orm,
  read,
  writer: { write },
  page,
  watch,
  peers,
}: Deps): RoomBlockServiceImplementation {
  return {
    async createRoomBlock(request, call) {
      const { room, in_date, out_date, reason } = valid(request, roomBlockFields)
      const dates = stay(in_date, out_date)
      await peers.named({ room: [room] }, call.signal)
      const hotel = await hotelOfRooms(forkFor(orm, call.signal), [room])
      if (hotel === undefined) throw invalidFields([{ field: 'room', description: 'no room has this id' }])
      const block = await write(call, 'CreateRoomBlock', request, { hotel }, async (written) => {
        const { em } = written
        const place = await placeOfRooms(em, hotel, [room], 'room', dates)
        if ('field' in place) throw invalidFields([place])
        const born = newborn(written)
        await hold(written, hotel, [{ id: born.id, holder: 'BLOCK', legs: legsOf(dates, [room]) }])
        const block = em.create(RoomBlock, {
          ...born,
          hotelId: hotel,
          locationId: place.location,
          roomId: room,
          ...dates,
          reason,
        })
        return () => block.toProto()
      })
      return created(call, '/room_blocks', block)
    },

    getRoomBlock: getMethod(read, 'room_block', roomBlockRow),

    listRoomBlocks: (request, call) =>
      listRoomBlocks(forkFor(orm, call.signal), page('ListRoomBlocks', request), request),

    async deleteRoomBlock(request, call) {
      const hotel = await hotelOf(forkFor(orm, call.signal), 'room_block', request.id)
      const block = await write(call, 'DeleteRoomBlock', request, { hotel }, async (written) => {
        const { em } = written
        const block = await em.findOneOrFail(RoomBlock, { hotelId: hotel, id: request.id })
        if (block.deleteTime !== null) throw notFound('room_block', request.id)
        matchEtag(call, request, block.version)
        await release(em, hotel, [{ id: block.id, holder: 'BLOCK' }])
        change<RoomBlock>(block, { deleteTime: written.now }, written)
        return () => block.toProto()
      })
      return withEtag(call, block)
    },

    watchRoomBlocks: (request, call) => watch(call, request, 'room_block'),
  }
}
