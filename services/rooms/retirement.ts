import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import type { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { MikroORM } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { precondition } from '@hotel/runtime/resource/refusal'
import { type Retirement, retirement } from '@hotel/runtime/resource/retirement'
import type { Writer } from '@hotel/runtime/resource/write'
import { refusalValue, repeatable } from '@hotel/runtime/server/peers'
import type { Logger } from '@hotel/runtime/telemetry/log'
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
    find: (em, hotel, id) => find(em, Room, hotel, id),
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
