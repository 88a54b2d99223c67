import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { type FieldViolation, notFound, precondition, type Refusal } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { keepNights } from '../nights/occupancy.ts'
import type { Reservation } from './reservation.ts'

const LONGEST_HOURS = 24

/** The moment at which a hold lapses; null when absent. */
export const holdUntil: Rule<Date | null> = (value) => {
  if (value === undefined) return null
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new Invalid('is not a moment that exists')
  return value
}

/** The violation of the end of a new hold at this moment: it is past already, or too far ahead. */
export function holdViolations(until: Date | null, now: Date): FieldViolation[] {
  if (until === null) return []
  const violation = (description: string) => [{ field: 'hold_until', description }]
  if (until <= now) return violation(`is not in the future: it is ${now.toISOString()}`)
  const latest = new Date(now.getTime() + LONGEST_HOURS * 3_600_000)
  return until > latest
    ? violation(`is more than ${LONGEST_HOURS} hours ahead: give ${latest.toISOString()} or earlier`)
    : []
}

/** FAILED_PRECONDITION of a hold whose time has passed. */
export function holdExpired(until: Date): Refusal {
  const hold_until = until.toISOString()
  return precondition('HOLD_EXPIRED', `the hold lapsed at ${hold_until}: make a new reservation`, { hold_until })
}

/** FAILED_PRECONDITION of a check-in that needs the hold to be confirmed. */
export function holdNotConfirmed(until: Date): Refusal {
  const hold_until = until.toISOString()
  return precondition('HOLD_NOT_CONFIRMED', 'the reservation is a hold: confirm it, then check in', { hold_until })
}

/** Throws HOLD_EXPIRED for a hold that lapsed, deleted since or not, and NOT_FOUND for what was cancelled before. */
export function demandConfirmable(reservation: Reservation, now: Date): void {
  const { id, holdUntil: until, deleteTime } = reservation
  if (until && reservation.isLapsed(now) && (deleteTime ?? until) >= until) throw holdExpired(until)
  if (deleteTime !== null) throw notFound('reservation', id)
}

/** Makes a hold a reservation for good: it has its nights, and only stops to lapse. */
export async function confirm(reservation: Reservation, write: Write): Promise<void> {
  if (!reservation.holdUntil) return
  await keepNights(write, reservation.hotelId, reservation.id)
  change(reservation, { holdUntil: null }, write)
}
