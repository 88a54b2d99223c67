import { precondition } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { demandOwnNumber } from '../finding/external-id.ts'
import { hold } from '../nights/occupancy.ts'
import { legsOf, stay } from '../nights/stay.ts'
import type { Found } from './found.ts'
import { demandLiveGuest, demandLiveRooms } from './found-rules.ts'
import { holdExpired } from './holds.ts'

/**
 * Restores a cancelled reservation with its nights, in the write's transaction. Throws ALREADY_LIVE, HOLD_EXPIRED,
 * GUEST_DELETED, EXTERNAL_ID_TAKEN or
 * ROOM_NOT_AVAILABLE.
 */
export async function undelete(found: Found, write: Write): Promise<void> {
  const { reservation } = found
  const { id, hotelId: hotel, locationId: location, guestId: guest, rooms, holdUntil } = reservation
  const { now } = write
  if (!reservation.isGone(now)) throw precondition('ALREADY_LIVE', 'the reservation is not deleted')
  if (holdUntil && reservation.isLapsed(now)) throw holdExpired(holdUntil)
  demandLiveGuest(found, guest)
  const dates = stay(reservation.inDate, reservation.outDate)
  const wish = { hotel, location, stay: dates, rooms }
  demandLiveRooms(found, rooms, dates, wish)
  await demandOwnNumber(write, hotel, reservation, id)
  await hold(write, hotel, [{ id, legs: legsOf(dates, rooms), holdUntil }], wish)
  change(reservation, { deleteTime: null, reason: null, cause: null }, write)
}
