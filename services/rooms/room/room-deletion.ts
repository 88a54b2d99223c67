import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import type { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import { precondition } from '@hotel/runtime/errors/refusal'
import { refusalValue, repeatable } from '@hotel/runtime/peers/peers'
import { type Retirement, retirement } from '@hotel/runtime/resource/retirement/retirement'
import type { RetirementDeps } from '@hotel/runtime/resource/retirement/retiring'
import type { Client } from 'nice-grpc'
import { Room } from './room.ts'

type Deps = RetirementDeps & { reservations: Client<RetirementServiceDefinition> }

/** How rooms are deleted: refused with ROOM_IN_USE. */
export function roomRetirement({ reservations, ...deps }: Deps): Retirement<RoomMessage> {
  return retirement({
    ...deps,
    name: 'room',
    entity: Room,
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
