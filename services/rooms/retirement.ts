import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import type { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { MikroORM } from '@hotel/runtime/database'
import type { Logger } from '@hotel/runtime/log'
import { refusalValue, repeatable } from '@hotel/runtime/peers'
import { precondition } from '@hotel/runtime/refusal'
import { type Retirement, retirement } from '@hotel/runtime/retirement'
import type { Writer } from '@hotel/runtime/write'
import type { Client } from 'nice-grpc'
import { Room } from './room.ts'

type Deps = { orm: MikroORM; writer: Writer; reservations: Client<RetirementServiceDefinition>; log: Logger }

/** How rooms are deleted: refused with ROOM_IN_USE. */
export function roomRetirement({ orm, writer, reservations, log }: Deps): Retirement<RoomMessage> {
  return retirement({
    orm,
    writer,
    log,
    name: 'room',
    find: (em, hotelId, id) => em.findOneOrFail(Room, { hotelId, id }),
    ask: ({ hotel, id, version, attempt }, signal) =>
      reservations.retireRoom(
        { hotel, room: id, version: BigInt(version), attempt: BigInt(attempt) },
        repeatable(signal),
      ),
    refusal: (room, error) =>
      precondition('ROOM_IN_USE', 'the room has current or future reservations or blocks: cancel or move them first', {
        room,
        reservations: refusalValue(error, 'reservations'),
        blocks: refusalValue(error, 'blocks'),
      }),
  })
}
