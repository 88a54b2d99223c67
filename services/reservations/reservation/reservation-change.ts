import { immutable, precondition } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { demandCheckInDay, demandEmpty, enter, roomsEntered } from '../desk/check-in.ts'
import { demandOwnNumber, type External } from '../finding/external-id.ts'
import type { Wish } from '../nights/no-room.ts'
import { hold } from '../nights/occupancy.ts'
import { endOf, type Leg, legsFrom, legsOf, legsUntil, type Stay, stay } from '../nights/stay.ts'
import { refuseAll, UNKNOWN_GUEST } from '../replicas/guest-and-rooms.ts'
import type { Found } from './found.ts'
import { demandLiveGuest, demandLiveRooms, guestIsLive, placeOf } from './found-rules.ts'
import { holdNotConfirmed } from './holds.ts'
import type { Reservation, Status } from './reservation.ts'

/** A reservation as a PUT or PATCH requests it: the fields of the request, and the others as they are. */
export type Wanted = {
  inDate?: string | undefined
  outDate?: string | undefined
  status?: Status | undefined
  guestId?: string | undefined
  rooms?: string[] | undefined
  note?: string | null | undefined
  externalId?: string | null | undefined
  source?: string | null | undefined
}

/**
 * Changes a reservation under the rules of its status, with its nights, in the write's transaction: all or nothing. The
 * row is changed for the flush; the nights are taken before.
 */
export async function changeReservation(
  found: Found,
  wanted: Wanted,
  write: Write,
  roomsField: 'room' | 'rooms',
): Promise<void> {
  const { reservation, today } = found
  const to = wanted.status ?? reservation.status
  const dates = stay(wanted.inDate ?? reservation.inDate, wanted.outDate ?? reservation.outDate)
  const rooms = wanted.rooms ?? reservation.rooms
  const guestId = wanted.guestId ?? reservation.guestId
  demandChangeable(reservation, { ...dates, rooms, guestId, roomsField })
  const moved = !sameRooms(rooms, reservation.rooms)
  const place = { hotel: reservation.hotelId, location: reservation.locationId }
  demandParties(found, { rooms, guestId, moved, roomsField, dates })

  const times = transition(reservation, to, dates, today, write.now)
  const legs = changedLegs(found, { dates, rooms, to, roomsField })
  const { id, holdUntil } = reservation
  const datesAreFixed = to !== reservation.status
  const wish = { ...place, stay: dates, rooms, own: id, datesAreFixed, ...present(reservation, today) }
  const comesBack = isOpen(to, dates.outDate, today) && !isOpen(reservation.status, reservation.outDate, today)
  if (comesBack) demandLive(found, guestId, wish)
  const external = changedExternal(reservation, wanted)
  if (external !== undefined) await demandOwnNumber(write, place.hotel, external, id)
  const entered = roomsEntered(reservation.status, reservation.rooms, to, rooms)
  const entry = { id, rooms: entered, stay: dates, today, wish }
  demandEmpty(found, entry)
  await enter(write, entry)
  if (legs !== undefined) await hold(write, place.hotel, [{ id, legs, holdUntil }], wish)
  change(
    reservation,
    {
      ...dates,
      rooms,
      guestId,
      status: to,
      ...times,
      ...(wanted.note !== undefined && { note: wanted.note }),
      ...external,
    } as Partial<Reservation>,
    write,
  )
}

/** The number in another system that a reservation gets; undefined when it stays. */
function changedExternal({ externalId, source }: External, wanted: Wanted): External | undefined {
  const to = {
    externalId: wanted.externalId === undefined ? externalId : wanted.externalId,
    source: wanted.source === undefined ? source : wanted.source,
  }
  return to.externalId === externalId && to.source === source ? undefined : to
}

/** The stay of a guest in house, of which only the nights from tonight on can change. */
function present({ status, inDate, outDate, rooms }: Reservation, today: string) {
  if (status === 'PENDING') return {}
  return { here: { tonight: today > inDate ? today : inDate, rooms, outDate } }
}

/** Whether a reservation is current or to come, on this day. */
function isOpen(status: Status, outDate: string, today: string): boolean {
  return status === 'CHECKED_IN' || (status === 'PENDING' && outDate >= today)
}

/**
 * A current or future stay prevents the deletion of its guest and rooms. A past stay does not, and may
 * have lost them: throws GUEST_DELETED or ROOM_NOT_AVAILABLE.
 */
function demandLive(found: Found, guest: string, wish: Wish & { rooms: readonly string[] }): void {
  demandLiveGuest(found, guest)
  demandLiveRooms(found, wish.rooms, wish.stay, wish)
}

/** Whether two lists name the same rooms in the same order. */
export function sameRooms(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((room, index) => room === b[index])
}

/** The requested state of a reservation, with the request's field that names its rooms. */
export type Target = Stay & { rooms: readonly string[]; guestId: string; roomsField: 'room' | 'rooms' }

/** Throws FIELD_IMMUTABLE_NOW for the first field that differs and can not in the present status. */
export function demandChangeable(reservation: Reservation, target: Target): void {
  const { status } = reservation
  if (status === 'PENDING') return
  const fixed: [string, boolean][] = [
    ['in_date', target.inDate !== reservation.inDate],
    ['guest', target.guestId !== reservation.guestId],
  ]
  if (status === 'CHECKED_OUT') {
    fixed.push(
      ['out_date', target.outDate !== reservation.outDate],
      [target.roomsField, !sameRooms(target.rooms, reservation.rooms)],
    )
  }
  const [field] = fixed.find(([, differs]) => differs) ?? []
  if (field !== undefined) {
    throw precondition('FIELD_IMMUTABLE_NOW', `${field} cannot be changed while ${status}`, {
      field,
      status,
      reservation: reservation.id,
    })
  }
}

type Parties = Pick<Target, 'rooms' | 'guestId' | 'roomsField'> & { moved: boolean; dates: Stay }

/** Throws INVALID_FIELD for a new guest or new rooms that are not to be had; those that stay are not asked about. */
function demandParties(found: Found, { rooms, guestId, moved, roomsField, dates }: Parties): void {
  const { hotelId, locationId, guestId: before } = found.reservation
  const violations = []
  if (guestId !== before && !guestIsLive(found, guestId)) violations.push(UNKNOWN_GUEST)
  if (moved) {
    const place = placeOf(found, hotelId, rooms, roomsField, dates)
    if ('field' in place) violations.push(place)
    else if (place.location !== locationId)
      violations.push({ field: roomsField, description: 'belongs to another location than the reservation' })
  }
  refuseAll(violations)
}

/**
 * The times that a change of status sets. Throws INVALID_TRANSITION, CHECK_IN_TOO_EARLY, CHECK_IN_TOO_LATE or
 * CHECK_OUT_TOO_EARLY.
 */
function transition(reservation: Reservation, to: Status, { inDate, outDate }: Stay, today: string, now: Date) {
  if (to === reservation.status) return {}
  reservation.demandTransition(to)
  if (reservation.holdUntil) throw holdNotConfirmed(reservation.holdUntil)
  if (to === 'CHECKED_IN') {
    demandCheckInDay({ inDate, outDate }, today, 'change the dates first, or together with the status')
    return { checkinDatetime: now }
  }
  if (today < outDate) {
    throw precondition(
      'CHECK_OUT_TOO_EARLY',
      `check-out is possible from ${outDate} on, and it is ${today}: for an early departure send out_date too`,
      { out_date: outDate, today },
    )
  }
  return { checkoutDatetime: now }
}

type Nights = {
  readonly dates: Stay
  readonly rooms: readonly string[]
  readonly to: Status
  readonly roomsField: string
}

/**
 * The legs of a reservation with these rooms and dates, under the rules of its status: while PENDING the whole stay, while
 * CHECKED_IN what was slept and what is left from tonight on. Undefined when nothing of its nights changes.
 */
export function changedLegs(
  { reservation, today, legs: held }: Found,
  { dates, rooms, to, roomsField }: Nights,
): Leg[] | undefined {
  const { status } = reservation
  const moved = !sameRooms(rooms, reservation.rooms)
  const sameDates = dates.inDate === reservation.inDate && dates.outDate === reservation.outDate
  const leaves = to === 'CHECKED_OUT' && status !== to
  if (sameDates && !moved && !leaves) return undefined
  if (status === 'PENDING') return legsOf(dates, rooms)
  // A guest who overstays has no night left to sleep elsewhere: the stay is extended first, or along with the room.
  if (moved && today >= endOf(dates)) throw immutable(roomsField)
  const legs = legsFrom(today, dates, rooms, held)
  return leaves ? legsUntil(today, legs) : legs
}
