import { notFound } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import type { Found } from './found.ts'
import type { Reservation } from './reservation.ts'

/** A write of one reservation, which may be with others of such. */
export function changing(id: string) {
  return { kind: 'reservation', changes: [id] }
}

/** Throws NOT_FOUND for one that is cancelled, or lapsed by now. */
export function demandThere(reservation: Reservation, { now }: Write): void {
  if (reservation.isGone(now)) throw notFound('reservation', reservation.id)
}

/** No guests and rooms. */
export const NOBODY = { guest: [], room: [] }

/** The guests and rooms of reservations. */
export function ownOf(found: readonly Found[]) {
  return {
    guest: found.map(({ reservation }) => reservation.guestId),
    room: found.flatMap(({ reservation }) => reservation.rooms),
  }
}
