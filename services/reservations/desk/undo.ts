import { precondition } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { hold } from '../nights/occupancy.ts'
import { endOf, type Leg, legsFrom, legsOf, sameLegs } from '../nights/stay.ts'
import type { Found } from '../reservation/found.ts'
import { demandLiveGuest, demandLiveRooms } from '../reservation/found-rules.ts'
import { invalidTransition } from '../reservation/reservation.ts'
import { demandCheckInDay, demandEmpty, enter } from './check-in.ts'

/**
 * Takes a check-in of today back, in the write's transaction: the reservation is PENDING again, with the dates and rooms that
 * it has. Throws INVALID_TRANSITION, UNDO_TOO_LATE, or ROOM_NOT_AVAILABLE for the nights of a room that was changed since.
 */
export async function undoCheckIn(found: Found, write: Write): Promise<void> {
  const { reservation, today, legs } = found
  const { id, hotelId: hotel, rooms, status, inDate, outDate } = reservation
  if (status !== 'CHECKED_IN') throw invalidTransition(status, 'PENDING')
  demandSameDay('check-in', found.checkedIn, today)
  // One that is PENDING has its whole stay in the rooms that it has now.
  const whole = legsOf({ inDate, outDate }, rooms)
  if (!sameLegs(whole, legs)) await hold(write, hotel, [{ id, legs: whole }])
  change(reservation, { status: 'PENDING', checkinDatetime: null }, write)
}

/**
 * Takes a check-out of today back, under all rules of a check-in, in the write's transaction: the guest is CHECKED_IN again,
 * with the dates that the reservation has. Throws INVALID_TRANSITION, UNDO_TOO_LATE, CHECK_IN_TOO_LATE, GUEST_DELETED or
 * ROOM_NOT_AVAILABLE.
 */
export async function undoCheckOut(found: Found, write: Write): Promise<void> {
  const { reservation, today } = found
  const { id, hotelId: hotel, rooms, status, inDate, outDate, guestId } = reservation
  if (status !== 'CHECKED_OUT') throw invalidTransition(status, 'CHECKED_IN')
  demandSameDay('check-out', found.checkedOut, today)
  const stay = { inDate, outDate }
  demandCheckInDay(stay, today, 'make a new reservation from today on')
  demandLiveGuest(found, guestId)
  demandLiveRooms(found, rooms, stay)
  const entry = { id, rooms, stay, today }
  demandEmpty(found, entry)
  await enter(write, entry)
  const legs = legsAgain(found)
  if (legs !== undefined) await hold(write, hotel, [{ id, legs }])
  change(reservation, { status: 'CHECKED_IN', checkoutDatetime: null }, write)
}

/** The legs of a guest who left today and did not: the night of day use again. Undefined when no night is left. */
function legsAgain({ reservation: { inDate, outDate, rooms }, today, legs }: Found): Leg[] | undefined {
  const stay = { inDate, outDate }
  return endOf(stay) > today ? legsFrom(today, stay, rooms, legs) : undefined
}

function demandSameDay(what: string, date: string | null, today: string): void {
  if (date === today) return
  const when = date ?? 'an unknown day'
  throw precondition(
    'UNDO_TOO_LATE',
    `the ${what} was on ${when}, it is ${today}: it can be undone on its own day only`,
    {
      date: when,
      today,
    },
  )
}
