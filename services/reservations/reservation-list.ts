import { type ListReservationsRequest, ListReservationsResponse } from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter, isOfHotels, isOneOrEvery } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { HIGHEST_ID } from '@hotel/runtime/resource/id'
import { type Conditions, conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import {
  date,
  endOfRange,
  Invalid,
  idFilter,
  momentText,
  optional,
  optionalGiven,
  type Rule,
  valid,
} from '@hotel/runtime/resource/valid'
import { endsAs, idEndings } from './confirmation-code.ts'
import { externalRules } from './external-id.ts'
import { cause, NOW, RESERVATION_SIZE, reservationRow, status } from './reservation.ts'
import { afterIn, inSql, type Order, type OrderColumn, orderBy } from './reservation-order.ts'
import { MOST_NIGHTS } from './stay.ts'

const listedBy = (order: OrderColumn) =>
  lister({
    answer: ListReservationsResponse,
    field: 'reservations',
    row: reservationRow,
    size: RESERVATION_SIZE,
    keysOf: (column) => [column(order), column('id')],
  })
const reservations = listedBy('in_date')
const inOrderOf = {
  in_date: reservations,
  out_date: listedBy('out_date'),
  update_time: listedBy('update_time'),
} as const satisfies Record<OrderColumn, unknown>

/** The live reservations of one hotel, or of all. */
const USUAL = reservations.statement('list_reservations($1, $2, $3, $4, $5)', 'list_reservations')
const FIRST = ['infinity', HIGHEST_ID]

/** A page of reservations in the order that is asked for; by in_date, the latest first, then id when none is. */
export function listReservations(
  read: Read,
  page: Page,
  request: ListReservationsRequest,
  clockOffset: number,
  signal: AbortSignal,
): Promise<ListReservationsResponse> {
  const { hotel, ...filter } = filterOf(request)
  const isUsual = isOneOrEvery(hotel) && Object.values(filter).every((value) => value == null)
  if (isUsual) {
    const parameters = [hotel, clockOffset, ...(page.after ?? FIRST), page.limit]
    return reservations.answer(read, page, { statement: USUAL, parameters }, signal)
  }
  if (filter.order_by !== null)
    return inOrder(read, page, { ...filter, hotel, order: filter.order_by }, clockOffset, signal)
  const where = conditions(page.limit, clockOffset)
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  addFilter(where, filter)
  if (page.after !== undefined) where.add((day, id) => `(in_date, id) < (${day}::date, ${id}::uuid)`, ...page.after)
  const statement = reservations.statement(
    `(select * from reservation ${where.text()} order by in_date desc, id desc limit $1) found`,
  )
  return reservations.answer(read, page, { statement, parameters: where.parameters }, signal)
}

type Filter = ReturnType<typeof filterOf>

/**
 * A page in one of the orders that the reservations of each location have an index by: from each, no more than a page is
 * taken.
 */
function inOrder(
  read: Read,
  page: Page,
  { hotel, location, order, ...filter }: Filter & { order: Order },
  clockOffset: number,
  signal: AbortSignal,
): Promise<ListReservationsResponse> {
  const where = conditions(page.limit, clockOffset, hotel, location)
  where.add(() => 'hotel_id = l.hotel_id and location_id = l.id')
  addFilter(where, filter)
  if (page.after !== undefined) where.add((value, id) => afterIn(order, value, id), ...page.after)
  const by = inSql(order)
  const listed = inOrderOf[order.column]
  const statement = listed.statement(
    `(select found.* from dated_locations($3, $4, $2, null) l
      cross join lateral (select * from reservation ${where.text()} order by ${by} limit $1) found
      order by ${by} limit $1) found`,
  )
  return listed.answer(read, page, { statement, parameters: where.parameters }, signal)
}

function filterOf(request: ListReservationsRequest) {
  return valid(request, {
    hotel: hotelFilter,
    location: idFilter,
    guest: idFilter,
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
      if (source !== null && request.external_id === '') throw new Invalid('goes with external_id: give both')
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
        throw new Invalid('must be true with deleted_from, deleted_to, cause, min_lead_days or max_lead_days')
      return show_deleted || null
    },
  })
}

function addFilter(where: Conditions, filter: Omit<Filter, 'hotel' | 'location'> & { location?: string | null }): void {
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

/** Days between two dates: no two are further apart. */
const MOST_DAYS = 4_000_000

const days: Rule<number> = (value) => {
  const number = Number(value)
  if (Math.abs(number) > MOST_DAYS) throw new Invalid(`is not -${MOST_DAYS} to ${MOST_DAYS}`)
  return number
}

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
