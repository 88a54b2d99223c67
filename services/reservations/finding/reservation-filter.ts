import type { ListReservationsRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import {
  date,
  endOfRange,
  Invalid,
  idFilter,
  momentText,
  optional,
  optionalGiven,
  valid,
  within,
} from '@hotel/runtime/call/valid'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import type { Conditions } from '@hotel/runtime/read/list'
import { wordsToFind } from '@hotel/runtime/resource/search-words'
import { MOST_NIGHTS } from '../nights/stay.ts'
import { cause, NOW, status } from '../reservation/reservation.ts'
import { endsAs, idEndings } from './confirmation-code.ts'
import { externalRules } from './external-id.ts'
import { orderBy } from './reservation-order.ts'

/** The filter of a ListReservations request. */
export type Filter = ReturnType<typeof filterOf>

/** Throws INVALID_FIELD naming every wrong field. */
export function filterOf(request: ListReservationsRequest) {
  return valid(request, {
    hotel: hotelFilter,
    location: idFilter,
    guest: idFilter,
    guest_name: optional(wordsToFind),
    room: idFilter,
    status,
    from: optional(date),
    to: endOfRange('from', request.from),
    deleted_from: optional(date),
    deleted_to: endOfRange('deleted_from', request.deleted_from),
    arriving_from: optional(date),
    arriving_to: endOfRange('arriving_from', request.arriving_from),
    departing_from: optional(date),
    departing_to: endOfRange('departing_from', request.departing_from),
    updated_since: optional(momentText),
    order_by: optional(orderBy),
    confirmation_code: optional(idEndings),
    external_id: optional(externalRules.external_id),
    source: (value) => {
      const source = optional(externalRules.source)(value)
      if (source !== null && request.external_id === '') throw new Invalid('needs external_id: give both')
      return source
    },
    cause,
    min_lead_days: optionalGiven(days),
    max_lead_days: optionalGiven((value) => {
      const most = days(value)
      if (most < (request.min_lead_days ?? most)) throw new Invalid('is less than min_lead_days')
      return most
    }),
    show_deleted: () => {
      const { deleted_from, deleted_to, cause, min_lead_days, max_lead_days, show_deleted } = request
      const isOfDeleted =
        deleted_from || deleted_to || cause || min_lead_days !== undefined || max_lead_days !== undefined
      if (!show_deleted && isOfDeleted)
        throw new Invalid('must be true when deleted_from, deleted_to, cause, min_lead_days or max_lead_days is given')
      return show_deleted || null
    },
  })
}

/** The conditions of a filter on reservations, other than the hotel, the guest's name and the order. */
export type RowFilter = Omit<Filter, 'hotel' | 'location' | 'guest_name' | 'order_by'> & { location?: string | null }

/** Adds the conditions of a filter on the table `reservation`; $2 is what the clock is off by, in seconds. */
export function addFilter(where: Conditions, filter: RowFilter): void {
  const add = (condition: (parameter: string) => string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined) where.add(condition, value)
  }
  add((id) => `location_id = ${id}`, filter.location)
  add((id) => `guest_id = ${id}`, filter.guest)
  add((id) => `rooms @> array[${id}::uuid]`, filter.room)
  add((name) => `status = ${name}`, filter.status)
  // The second comparison is the one that an index serves.
  add(
    (day) => `greatest(out_date, in_date + 1) > ${day}::date and in_date > ${day}::date - ${MOST_NIGHTS + 1}`,
    filter.from,
  )
  add((day) => `in_date < ${day}::date`, filter.to)
  add((day) => `in_date >= ${day}::date`, filter.arriving_from)
  add((day) => `in_date < ${day}::date`, filter.arriving_to)
  // As above: an index of in_date serves what a stay's length leaves of it.
  add((day) => `out_date >= ${day}::date and in_date >= ${day}::date - ${MOST_NIGHTS}`, filter.departing_from)
  add((day) => `out_date < ${day}::date and in_date < ${day}::date`, filter.departing_to)
  add((number) => `external_id = ${number}`, filter.external_id)
  add((name) => `coalesce(source, '') = ${name}`, filter.source)
  add((moment) => `update_time >= ${moment}::timestamptz`, filter.updated_since)
  if (filter.confirmation_code !== null) where.add(endsAs, filter.confirmation_code)
  if (!filter.show_deleted) where.add(() => `delete_time is null and (hold_until is null or hold_until > ${NOW})`)
  add((day) => goneOn('>=', day), filter.deleted_from)
  add((day) => goneOn('<', day), filter.deleted_to)
  add((name) => `cause = ${name}`, filter.cause)
  add((least) => leadOf('>=', least), filter.min_lead_days)
  add((most) => leadOf('<=', most), filter.max_lead_days)
}

/** Days between two dates: no two are further apart than the bounds. */
const days = within(constraintOf('hotel.reservations.v1.ListReservationsRequest.min_lead_days'))

/** When a reservation was cancelled, or lapses. */
const GONE = 'coalesce(reservation.delete_time, reservation.hold_until)'
const IS_GONE = `(delete_time is not null or hold_until <= ${NOW})`
/** The date of that by the location's calendar. No calendar is more than 14 hours away from UTC. */
const GONE_ON = `(select location_date(l.time_zone, ${GONE}) from location l
  where l.hotel_id = reservation.hotel_id and l.id = reservation.location_id)`

/**
 * Cancelled or lapsed before a date, or from it on, by the location's calendar. The first comparison is the one that an
 * index serves.
 */
function goneOn(compared: '>=' | '<', date: string): string {
  const sign = compared === '>=' ? '-' : '+'
  return `${GONE} ${compared} (${date}::date::timestamp at time zone 'UTC') ${sign} interval '15 hours'
    and ${IS_GONE} and ${GONE_ON} ${compared} ${date}::date`
}

/**
 * Cancelled or lapsed at least, or at most, so many days before the first day, by the location's calendar. The date by UTC,
 * which differs by a day at most, leaves few to ask for their calendar.
 */
function leadOf(compared: '>=' | '<=', days: string): string {
  const near = compared === '>=' ? `${days}::int - 1` : `${days}::int + 1`
  return `${GONE} is not null and ${IS_GONE} and in_date - (${GONE} at time zone 'UTC')::date ${compared} ${near}
    and in_date - ${GONE_ON} ${compared} ${days}::int`
}
