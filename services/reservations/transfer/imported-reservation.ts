import { Reservation_Status as StatusCode } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import { date, valid } from '@hotel/runtime/call/valid'
import { isId } from '@hotel/runtime/errors/id'
import { type FieldViolation, invalidFields, type Refusal } from '@hotel/runtime/errors/refusal'
import { importFields, pastTime } from '@hotel/runtime/transfer/import-rows'
import type { ImportRow } from '@hotel/runtime/transfer/stored-rows'
import { endOf, type Leg, legsOf, legsUntil, stay } from '../nights/stay.ts'
import { holdUntil, holdViolations } from '../reservation/holds.ts'
import { type Cause, cause, reason, type Status } from '../reservation/reservation.ts'
import { namedRooms, replacementRules } from '../reservation/reservation-request.ts'

/** An imported reservation, as its row. */
export type ReservationRow = ImportRow & {
  location_id: string
  in_date: string
  out_date: string
  status: Status
  guest_id: string
  rooms: string[]
  note: string | null
  checkin_datetime: Date | null
  checkout_datetime: Date | null
  reason: string | null
  external_id: string | null
  source: string | null
  cause: Cause | null
  hold_until: Date | null
}

/** The row of an imported reservation; throws INVALID_FIELD for what is wrong whatever the calendar says. */
export function reservationRow({ reservation, legs }: ReservationRecord, hotel: string, location: string) {
  // A message without the shorthand has it empty, which in a request of the API is another thing than absent.
  const given = { rooms: [], ...reservation, room: reservation?.room || undefined }
  const { room: _, rooms: __, guest, status, ...fields } = valid(given, { ...rules, ...replacementRules(given) })
  const { inDate: in_date, outDate: out_date } = stay(fields.in_date, fields.out_date)
  const row = {
    hotel_id: hotel,
    location_id: location,
    ...fields,
    in_date,
    out_date,
    status: status ?? 'PENDING',
    guest_id: guest,
    rooms: namedRooms(given),
  } satisfies ReservationRow
  const violations = [...statusViolations(row), ...legViolations(row, legs)]
  if (violations.length > 0) throw invalidFields(violations)
  return row
}

const rules = {
  ...importFields,
  checkin_datetime: pastTime,
  checkout_datetime: pastTime,
  reason,
  cause,
  hold_until: holdUntil,
}

/** The violations of the status: as in the API, a reservation has the times of its past statuses, and no others. */
function statusViolations(row: ReservationRow): FieldViolation[] {
  const { status, checkin_datetime: checkin, checkout_datetime: checkout } = row
  const violations: FieldViolation[] = []
  const demand = (sound: boolean, field: string, description: string) => {
    if (!sound) violations.push({ field, description })
  }
  if (status === 'PENDING')
    demand(checkin === null, 'checkin_datetime', 'does not belong to a PENDING reservation: leave it out')
  else demand(checkin !== null, 'checkin_datetime', `is required for a ${status} reservation`)
  if (status !== 'CHECKED_OUT')
    demand(checkout === null, 'checkout_datetime', `does not belong to a ${status} reservation: leave it out`)
  else demand(checkout !== null, 'checkout_datetime', 'is required for a CHECKED_OUT reservation')
  if (checkin !== null && checkout !== null)
    demand(checkin <= checkout, 'checkout_datetime', 'is before checkin_datetime')
  demand(row.hold_until === null || status === 'PENDING', 'hold_until', `does not belong to a ${status} reservation`)
  if (row.delete_time !== null)
    demand(status === 'PENDING', 'delete_time', `does not belong to a ${status} reservation`)
  else {
    demand(row.reason === null, 'reason', 'is only for a cancelled reservation: give delete_time too')
    demand(row.cause === null, 'cause', 'is only for a cancelled reservation: give delete_time too')
  }
  return violations
}

/** Legs that are given are within the stay, and in the rooms of the reservation at its end. */
function legViolations(row: ReservationRow, legs: ReservationRecord['legs']): FieldViolation[] {
  if (legs.length === 0) return []
  const wrong = (description: string) => [{ field: 'legs', description }]
  if (row.status === 'PENDING') return wrong('do not belong to a PENDING reservation: leave them out')
  const end = endOf({ inDate: row.in_date, outDate: row.out_date })
  for (const { room, in_date, out_date } of legs) {
    if (!isId(room) || !isDate(in_date) || !isDate(out_date)) return wrong('have a value that is not a room or a date')
    if (!(in_date >= row.in_date && in_date < out_date && out_date <= end)) return wrong('are not nights of the stay')
  }
  if (overlap(legs)) return wrong('have a night of one room twice')
  const last = new Set(legs.filter(({ out_date }) => out_date === end).map(({ room }) => room))
  if (row.status === 'CHECKED_IN' && !row.rooms.every((room) => last.has(room)))
    return wrong('do not end in the rooms of the reservation')
  return []
}

function overlap(legs: ReservationRecord['legs']): boolean {
  const inOrder = legs.toSorted((a, b) => (`${a.room} ${a.in_date}` < `${b.room} ${b.in_date}` ? -1 : 1))
  return inOrder.some(({ room, in_date }, index) => {
    const before = inOrder[index - 1]
    return before?.room === room && in_date < before.out_date
  })
}

function isDate(text: string): boolean {
  try {
    return date(text) === text
  } catch {
    return false
  }
}

/** The dates of a row's times by its location's calendar, and today. */
export type LocalDates = { checkin: string | null; checkout: string | null; today: string }

/** A row as it is at a moment: a hold that has lapsed by then was deleted when it lapsed. */
export function asOf<Row extends { delete_time?: unknown; hold_until?: unknown }>(row: Row, now: Date): Row {
  const { delete_time, hold_until } = row
  const isLapsed = delete_time === null && hold_until !== null && new Date(hold_until as string | Date) <= now
  return isLapsed ? { ...row, delete_time: hold_until } : row
}

/** The violations of a row by the clock and the location's calendar. */
export function untimely(row: ReservationRow, { checkin, checkout }: LocalDates, now: Date): Refusal | undefined {
  const violations: FieldViolation[] = row.delete_time === null ? holdViolations(row.hold_until, now) : []
  for (const field of ['checkin_datetime', 'checkout_datetime'] as const)
    if ((row[field] ?? now) > now) violations.push({ field, description: 'is in the future' })
  if (checkin !== null && checkin < row.in_date)
    violations.push({ field: 'checkin_datetime', description: `is on ${checkin}, before in_date, ${row.in_date}` })
  if (checkout !== null && checkout < row.out_date) {
    const remedy = 'after an early departure, out_date must be the day of leaving'
    violations.push({
      field: 'checkout_datetime',
      description: `is on ${checkout}, before out_date, ${row.out_date}: ${remedy}`,
    })
  }
  return violations.length === 0 ? undefined : invalidFields(violations)
}

/** The nights that a row holds: none when it is deleted, none from the day of leaving on. */
export function nightsOf(row: ReservationRow, given: ReservationRecord['legs'], { checkout }: LocalDates): Leg[] {
  if (row.delete_time !== null) return []
  const legs =
    given.length > 0
      ? given.map(({ room, in_date, out_date }) => ({ room, inDate: in_date, outDate: out_date }))
      : legsOf({ inDate: row.in_date, outDate: row.out_date }, row.rooms)
  return checkout === null ? legs : legsUntil(checkout, legs)
}

/** Whether a reservation may turn out to be open, as far as can be told without a calendar. */
export function mayBeOpen({ reservation }: ReservationRecord): boolean {
  return (
    reservation !== undefined && reservation.delete_time === undefined && reservation.status !== StatusCode.CHECKED_OUT
  )
}

/** Whether the reservation is current or to come, and so needs a live guest and live rooms. */
export function isOpen(row: ReservationRow, { today }: LocalDates): boolean {
  return (
    row.delete_time === null && (row.status === 'CHECKED_IN' || (row.status === 'PENDING' && row.out_date >= today))
  )
}
