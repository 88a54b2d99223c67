import { addDays } from '../api/dates.ts'
import type { Reservation } from './stay.ts'

const all = ['confirm', 'checkIn', 'checkOut', 'undoCheckIn', 'undoCheckOut', 'cancel'] as const
/** What can come next for a reservation. */
export type Step = (typeof all)[number]

export function isStep(name: string): name is Step {
  return all.some((step) => step === name)
}

type Fields = Pick<Reservation, 'status' | 'in_date' | 'out_date'> &
  Partial<Pick<Reservation, 'delete_time' | 'hold_until' | 'checkin_datetime' | 'checkout_datetime'>>

/** The date at the reservation's location, now and of a moment. */
export type Calendar = { readonly today: string; readonly dateAt: (moment: string) => string }

/**
 * The steps that the server allows by the status and by the location's date: only these are offered. Who else is in a room it
 * alone knows.
 */
export function stepsOf(reservation: Fields, { today, dateAt }: Calendar, now = Date.now()): ReadonlySet<Step> {
  const { status, in_date, out_date, delete_time, hold_until, checkin_datetime, checkout_datetime } = reservation
  const isHold = hold_until !== undefined
  if (delete_time !== undefined || (isHold && Date.parse(hold_until) <= now)) return new Set()
  // A guest may come at night and be entered in the morning.
  const isCheckInDay = in_date <= today && today <= addDays(out_date, 1)
  const isToday = (moment: string | undefined) => moment !== undefined && dateAt(moment) === today
  const steps: Readonly<Record<Step, boolean>> = {
    confirm: status === 'PENDING' && isHold,
    checkIn: status === 'PENDING' && !isHold && isCheckInDay,
    checkOut: status === 'CHECKED_IN',
    undoCheckIn: status === 'CHECKED_IN' && isToday(checkin_datetime),
    undoCheckOut: status === 'CHECKED_OUT' && isToday(checkout_datetime) && isCheckInDay,
    cancel: status === 'PENDING',
  }
  return new Set(all.filter((step) => steps[step]))
}
