import {
  type ListStaysRequest,
  type ListStaysResponse,
  Reservation_Status as StatusCode,
  Stay,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { type EntityManager, query } from '@hotel/runtime/database'
import { isId } from '@hotel/runtime/id'
import type { Pager } from '@hotel/runtime/page'
import { notFound } from '@hotel/runtime/refusal'
import { idFilter, valid } from '@hotel/runtime/valid'
import type { Status } from './reservation.ts'

/** Which stays a list gives, by the location's own date: l.today. */
const PERIODS = {
  current_and_upcoming: 'c.out_date >= l.today and c.in_date <= l.today + 2',
  current: 'c.in_date <= l.today and c.out_date >= l.today',
  upcoming: 'c.in_date > l.today and c.in_date < l.today + 3',
} as const

/** The name of one of the three lists. */
export type Period = keyof typeof PERIODS

type Row = {
  hotel_id: string
  id: string
  location_id: string
  in_date: string
  out_date: string
  status: Status
  guest_id: string
  first_name: string
  last_name: string | null
  rooms: string[]
  room_numbers: string[]
  checkin_datetime: string | null
  checkout_datetime: string | null
  hold_until: string | null
}

/** $1 is what the clock is off by, in seconds: 0 but in tests. */
const FROM = `from (
    select hotel_id, id, location_date(time_zone, clock_timestamp() + make_interval(secs => $1)) as today from location
  ) l join current_and_upcoming c on c.hotel_id = l.hotel_id and c.location_id = l.id
    and (c.hold_until is null or c.hold_until > statement_timestamp() + make_interval(secs => $1))`

/** A page of stays by in_date, then status as text, then id. */
export async function listStays(
  em: EntityManager,
  pager: Pager,
  period: Period,
  request: ListStaysRequest,
  clockOffset: number,
): Promise<ListStaysResponse> {
  const page = pager(period, request)
  const filter = valid(request, { hotel: idFilter, location: idFilter })
  const rows = await query<Row>(
    em,
    `select c.* ${FROM}
     where ($2::uuid is null or l.hotel_id = $2) and ($3::uuid is null or l.id = $3) and ${PERIODS[period]}
       ${page.after === undefined ? '' : 'and (c.in_date, c.status, c.id) > ($5::date, $6, $7::uuid)'}
     order by c.in_date, c.status, c.id limit $4`,
    [clockOffset, filter.hotel, filter.location, page.limit, ...(page.after ?? [])],
  )
  const { rows: stays, next_page_token } = page.cut(rows, (row) => [row.in_date, row.status, row.id])
  return { reservations: stays.map(toProto), next_page_token }
}

/** One stay of the current and upcoming; throws NOT_FOUND when the reservation is not among them. */
export async function getStay(em: EntityManager, id: string, clockOffset: number): Promise<Stay> {
  if (!isId(id)) throw notFound('stay', id)
  const [row] = await query<Row>(em, `select c.* ${FROM} where c.id = $2 and ${PERIODS.current_and_upcoming}`, [
    clockOffset,
    id,
  ])
  if (row === undefined) throw notFound('stay', id)
  return toProto(row)
}

function toProto(row: Row): Stay {
  return Stay.fromPartial({
    reservation: row.id,
    first_name: row.first_name,
    last_name: row.last_name ?? undefined,
    in_date: row.in_date,
    out_date: row.out_date,
    room_number: row.room_numbers[0] ?? '',
    room_numbers: row.room_numbers,
    checkin_datetime: row.checkin_datetime === null ? undefined : new Date(row.checkin_datetime),
    checkout_datetime: row.checkout_datetime === null ? undefined : new Date(row.checkout_datetime),
    status: StatusCode[row.status],
    guest: row.guest_id,
    rooms: row.rooms,
    hotel: row.hotel_id,
    location: row.location_id,
    hold_until: row.hold_until === null ? undefined : new Date(row.hold_until),
  })
}
