import type { RoomBlockServiceImplementation } from '@hotel/proto/hotel/reservations/v1/blocks'
import { valid, validChanges } from '@hotel/runtime/call/valid'
import { find } from '@hotel/runtime/database/find'
import { demandUnchanged, invalidFields, notFound } from '@hotel/runtime/errors/refusal'
import { matchEtag } from '@hotel/runtime/read/etag'
import { getMethod } from '@hotel/runtime/read/get'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { change, newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { demandEmptyTonight } from '../desk/check-in.ts'
import { hold, release } from '../nights/occupancy.ts'
import { endOf, legsOf, type Stay, stay } from '../nights/stay.ts'
import { askedIfNeeded } from '../reservation/certainty.ts'
import { findRooms } from '../reservation/found.ts'
import { demandHeardOf, demandLiveRooms, placeOf } from '../reservation/found-rules.ts'
import type { Deps } from '../reservation/reservation-deps.ts'
import { RoomBlock, roomBlockChanges, roomBlockFields, roomBlockRow } from './room-block.ts'
import { listRoomBlocks } from './room-block-list.ts'

/** The methods of RoomBlockService; the proto's comments say what each promises. */
export function roomBlockService({
  read,
  writer: { write, hotels },
  page,
  watch,
  peers,
}: Deps): RoomBlockServiceImplementation {
  return {
    async createRoomBlock(request, call) {
      const { room, in_date, out_date, reason } = valid(request, roomBlockFields)
      const dates = stay(in_date, out_date)
      const named = { guest: [], room: [room] }
      const hotelOfRoom = () => hotels.known('room', room, call.signal)
      if ((await hotelOfRoom()) === undefined) await peers.named(named, call.signal)
      const hotel = await hotelOfRoom()
      if (hotel === undefined) throw invalidFields([{ field: 'room', description: 'no room has this id' }])
      const attempt = (isAsked: boolean) =>
        write(
          call,
          'CreateRoomBlock',
          request,
          { hotel },
          {
            load: (em) => findRooms(em, hotel, [room]),
            async apply(written, found) {
              if (!isAsked) demandHeardOf(found, { named, own: { guest: [], room: [] } })
              const place = placeOf(found, hotel, [room], 'room', dates)
              if ('field' in place) throw invalidFields([place])
              demandEmptyTonight(found, [room], dates)
              const born = newResourceFields(written)
              await hold(written, hotel, [{ id: born.id, holder: 'BLOCK', isNew: true, legs: legsOf(dates, [room]) }])
              const block = written.em.create(RoomBlock, {
                ...born,
                hotelId: hotel,
                locationId: place.location,
                roomId: room,
                ...dates,
                reason,
              })
              return () => block.toProto()
            },
          },
        )
      return created(call, '/room_blocks', await askedIfNeeded(peers, call.signal, attempt))
    },

    getRoomBlock: getMethod(read, 'room_block', roomBlockRow),

    listRoomBlocks: (request, call) => listRoomBlocks(read, page('ListRoomBlocks', request), request, call.signal),

    async updateRoomBlock(request, call) {
      const hotel = await hotels.demand('room_block', request.id, call.signal)
      const changes = validChanges(request, roomBlockChanges, ['room'])
      const attempt = (isAsked: boolean) =>
        write(
          call,
          'UpdateRoomBlock',
          request,
          { hotel },
          {
            load: (em) => find(em, RoomBlock, hotel, request.id),
            async apply(written, block) {
              demandThere(block, request, call)
              demandUnchanged('room', request.room, block.roomId)
              const { in_date = block.inDate, out_date = block.outDate, ...reason } = changes
              const dates = stay(in_date, out_date)
              await moveBlock(written, block, dates, isAsked)
              change<RoomBlock>(block, { ...dates, ...reason }, written)
              return () => block.toProto()
            },
          },
        )
      return withEtag(call, await askedIfNeeded(peers, call.signal, attempt))
    },

    async deleteRoomBlock(request, call) {
      const hotel = await hotels.demand('room_block', request.id, call.signal)
      const block = await write(
        call,
        'DeleteRoomBlock',
        request,
        { hotel },
        {
          load: (em) => find(em, RoomBlock, hotel, request.id),
          async apply(written, block) {
            demandThere(block, request, call)
            await release(written, hotel, [{ id: block.id, holder: 'BLOCK' }])
            change<RoomBlock>(block, { deleteTime: written.now }, written)
            return () => block.toProto()
          },
        },
      )
      return withEtag(call, block)
    },

    watchRoomBlocks: (request, call) => watch(call, request, 'room_block'),
  }
}

/** Throws NOT_FOUND for a block that is deleted, ETAG_MISMATCH for one that is another than the caller knows. */
function demandThere(block: RoomBlock, request: { id: string; etag: string }, call: CallContext): void {
  if (block.deleteTime !== null) throw notFound('room_block', request.id)
  matchEtag(call, request, block.version)
}

/** Blocks other nights instead of those that a block has. New nights need a live room; nights that it gives up do not. */
async function moveBlock(written: Write, block: RoomBlock, dates: Stay, isAsked: boolean): Promise<void> {
  const { id, hotelId: hotel, roomId: room } = block
  if (dates.inDate === block.inDate && dates.outDate === block.outDate) return
  if (dates.inDate < block.inDate || endOf(dates) > endOf(block)) {
    const found = await findRooms(written.em, hotel, [room])
    if (!isAsked) demandHeardOf(found, { named: NOBODY, own: { guest: [], room: [room] } })
    demandLiveRooms(found, [room], dates)
    const { today } = found
    const hasTonight = today !== null && block.inDate <= today && today < endOf(block)
    if (!hasTonight) demandEmptyTonight(found, [room], dates)
  }
  await hold(written, hotel, [{ id, holder: 'BLOCK', legs: legsOf(dates, [room]) }])
}

const NOBODY = { guest: [], room: [] }
