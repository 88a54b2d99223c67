import { randomUUIDv7 } from 'node:crypto'
import type {
  CreateReservationRequest,
  Reservation as ReservationMessage,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { currentCaller } from '@hotel/runtime/call/call'
import { repeatOf } from '@hotel/runtime/resource/repeats'
import type { CallContext } from 'nice-grpc'
import { externalIdTaken } from '../finding/external-id.ts'
import { noRoomOfType, roomNotAvailable } from '../nights/no-room.ts'
import { reservationMessage } from '../reservation/reservation.ts'
import { namedRooms } from '../reservation/reservation-request.ts'
import type { CreationGroups } from './creation-groups.ts'
import type { Wanted } from './wanted.ts'

/** Makes the reservation along with others; undefined when the group cannot decide: it has to be made alone then. */
export async function createInGroup(
  groups: CreationGroups,
  hotel: string,
  request: CreateReservationRequest,
  { fields, dates }: Wanted,
  call: CallContext,
): Promise<ReservationMessage | undefined> {
  const type = fields.room_type
  const rooms = type === null ? namedRooms(request) : { type, count: fields.room_count ?? 1 }
  const id = randomUUIDv7()
  const { guest, location, note, hold_until: holdUntil, external_id: externalId, source } = fields
  const actor = currentCaller().subject
  const repeat = repeatOf(call, 'CreateReservation', request)
  const told = await groups(
    { id, hotel, guest, location, ...dates, rooms, note, holdUntil, externalId, source, actor, repeat },
    call.signal,
  )
  if (told.outcome === 'ASK') return undefined
  const wish = { hotel, location: told.place, stay: dates, rooms }
  switch (told.outcome) {
    case 'MADE':
      return reservationMessage({
        id,
        hotelId: hotel,
        locationId: told.place,
        ...dates,
        status: 'PENDING',
        guestId: guest,
        rooms: [...told.rooms],
        note,
        holdUntil,
        version: 1,
        createTime: told.at,
        updateTime: told.at,
        checkinDatetime: null,
        checkoutDatetime: null,
        deleteTime: null,
        reason: null,
        externalId,
        source,
        cause: null,
      })
    case 'HELD':
      throw roomNotAvailable(told.inTheWay, wish)
    case 'NO_ROOM':
      throw noRoomOfType(type ?? '', fields.room_count ?? 1, told.free, wish)
    case 'TAKEN':
      throw externalIdTaken({ externalId, source }, told.by)
    default:
      return told satisfies never
  }
}
