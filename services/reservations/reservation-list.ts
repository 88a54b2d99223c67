import type { ListReservationsRequest, ListReservationsResponse } from '@hotel/proto/hotel/reservations/v1/reservations'
import { type EntityManager, query } from '@hotel/runtime/database'
import type { Page } from '@hotel/runtime/page'
import { date, idFilter, optional, valid } from '@hotel/runtime/valid'
import { Reservation, status } from './reservation.ts'

/** A page of reservations by in_date, the latest first, then id. */
export async function listReservations(
  em: EntityManager,
  page: Page,
  request: ListReservationsRequest,
): Promise<ListReservationsResponse> {
  const filter = valid(request, {
    hotel: idFilter,
    location: idFilter,
    guest: idFilter,
    room: idFilter,
    status,
    from: optional(date),
    to: optional(date),
  })
  const conditions: string[] = []
  const parameters: unknown[] = [page.limit]
  const where = (condition: (parameter: string) => string, value: unknown) => {
    if (value === null || value === undefined) return
    parameters.push(value)
    conditions.push(condition(`$${parameters.length}`))
  }
  where((p) => `hotel_id = ${p}`, filter.hotel)
  where((p) => `location_id = ${p}`, filter.location)
  where((p) => `guest_id = ${p}`, filter.guest)
  where((p) => `rooms @> array[${p}::uuid]`, filter.room)
  where((p) => `status = ${p}`, filter.status)
  where((p) => `greatest(out_date, in_date + 1) > ${p}::date`, filter.from)
  where((p) => `in_date < ${p}::date`, filter.to)
  if (!request.show_deleted) conditions.push('delete_time is null')
  if (page.after !== undefined) {
    parameters.push(...page.after)
    conditions.push(`(in_date, id) < ($${parameters.length - 1}::date, $${parameters.length}::uuid)`)
  }
  const rows = await query<Record<string, unknown>>(
    em,
    `select * from reservation ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
     order by in_date desc, id desc limit $1`,
    parameters,
  )
  const { rows: reservations, next_page_token } = page.cut(
    rows.map((row) => em.map(Reservation, row)),
    ({ inDate, id }) => [inDate, id],
  )
  return { reservations: reservations.map((reservation) => reservation.toProto()), next_page_token }
}
