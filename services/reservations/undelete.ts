import { query } from '@hotel/runtime/database/database'
import { precondition } from '@hotel/runtime/resource/refusal'
import { change, type Write } from '@hotel/runtime/resource/write'
import { holdExpired } from './holds.ts'
import { hold } from './occupancy.ts'
import { guestIsLive } from './parties.ts'
import type { Reservation } from './reservation.ts'
import { endOf, legsOf, stay } from './stay.ts'
import { roomNotAvailable } from './unavailable.ts'

/**
 * Restores a cancelled reservation with its nights, in the write's transaction. Throws ALREADY_LIVE, HOLD_EXPIRED,
 * GUEST_DELETED or ROOM_NOT_AVAILABLE.
 */
export async function undelete(reservation: Reservation, write: Write): Promise<void> {
  const { id, hotelId: hotel, locationId: location, guestId: guest, rooms, holdUntil } = reservation
  const { em, now } = write
  if (!reservation.isGone(now)) throw precondition('ALREADY_LIVE', 'the reservation is not deleted')
  if (holdUntil && reservation.isLapsed(now)) throw holdExpired(holdUntil)
  if (!(await guestIsLive(em, hotel, guest))) {
    throw precondition('GUEST_DELETED', 'the guest is deleted: restore the guest first', { guest })
  }
  const dates = stay(reservation.inDate, reservation.outDate)
  const wish = { hotel, location, stay: dates, rooms }
  const retired = await query<{ id: string }>(
    em,
    'select id from room where hotel_id = $1 and id = any($2) and delete_time is not null',
    [hotel, rooms],
  )
  if (retired.length > 0) {
    const nights = { in_date: dates.inDate, out_date: endOf(dates), by: 'RETIRED' }
    const conflicts = retired.map((room) => ({ room: room.id, ...nights }))
    throw roomNotAvailable(conflicts, wish)
  }
  await hold(write, hotel, [{ id, legs: legsOf(dates, rooms), holdUntil }], wish)
  change(reservation, { deleteTime: null, reason: null }, write)
}
