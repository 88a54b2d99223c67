import type { ListReservationsRequest, ListReservationsResponse } from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { date, Invalid, idFilter, optional, valid } from '@hotel/runtime/resource/valid'
import { NOW, RESERVATION_BYTES, Reservation, status } from './reservation.ts'
import { MOST_NIGHTS } from './stay.ts'

/** A page of reservations by in_date, the latest first, then id. */
export async function listReservations(
  em: EntityManager,
  page: Page,
  request: ListReservationsRequest,
  clockOffset: number,
): Promise<ListReservationsResponse> {
  const filter = valid(request, {
    hotel: hotelFilter,
    location: idFilter,
    guest: idFilter,
    room: idFilter,
    status,
    from: optional(date),
    to: optional(date),
    deleted_from: optional(date),
    deleted_to: optional(date),
    show_deleted: () => {
      const { deleted_from, deleted_to, show_deleted } = request
      if (!show_deleted && (deleted_from || deleted_to))
        throw new Invalid('must be true with deleted_from or deleted_to')
    },
  })
  const conditions: string[] = []
  const parameters: unknown[] = [page.limit, clockOffset]
  const where = (condition: (parameter: string) => string, value: unknown) => {
    if (value === null || value === undefined) return
    parameters.push(value)
    conditions.push(condition(`$${parameters.length}`))
  }
  where((p) => isOfHotels('hotel_id', p, filter.hotel), filter.hotel)
  where((p) => `location_id = ${p}`, filter.location)
  where((p) => `guest_id = ${p}`, filter.guest)
  where((p) => `rooms @> array[${p}::uuid]`, filter.room)
  where((p) => `status = ${p}`, filter.status)
  // The second comparison is the one that an index serves.
  where(
    (p) => `greatest(out_date, in_date + 1) > ${p}::date and in_date > ${p}::date - ${MOST_NIGHTS + 1}`,
    filter.from,
  )
  where((p) => `in_date < ${p}::date`, filter.to)
  if (!request.show_deleted) conditions.push(`delete_time is null and (hold_until is null or hold_until > ${NOW})`)
  where((p) => goneOn('>=', p), filter.deleted_from)
  where((p) => goneOn('<', p), filter.deleted_to)
  if (page.after !== undefined) {
    parameters.push(...page.after)
    conditions.push(`(in_date, id) < ($${parameters.length - 1}::date, $${parameters.length}::uuid)`)
  }
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select *, ${NOW} as now from reservation ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
       order by in_date desc, id desc limit $1`,
      RESERVATION_BYTES,
    ),
    parameters,
  )
  const { rows, next_page_token } = page.cut(fetched, ({ in_date, id }) => [in_date, id])
  const reservations = rows.map((row) => em.map(Reservation, row).toProto(new Date(row.now as string)))
  return { reservations, next_page_token }
}

/**
 * Cancelled or lapsed before a date, or from it on, by the location's calendar. The first comparison is the one that an
 * index serves: no calendar is more than 14 hours away from UTC.
 */
function goneOn(compared: '>=' | '<', date: string): string {
  const gone = 'coalesce(reservation.delete_time, reservation.hold_until)'
  const sign = compared === '>=' ? '-' : '+'
  return `${gone} ${compared} (${date}::date::timestamp at time zone 'UTC') ${sign} interval '15 hours'
    and (delete_time is not null or hold_until <= ${NOW})
    and (select location_date(l.time_zone, ${gone}) from location l
         where l.hotel_id = reservation.hotel_id and l.id = reservation.location_id) ${compared} ${date}::date`
}
