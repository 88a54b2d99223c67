import {
  type GetStayRequest,
  type ListStaysRequest,
  ListStaysResponse,
  Reservation_Status as StatusCode,
  Stay,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter, isVisible } from '@hotel/runtime/access/hotels'
import { encoded } from '@hotel/runtime/call/pre-encoded'
import { idFilter, optional, valid } from '@hotel/runtime/call/valid'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import type { Parameter } from '@hotel/runtime/database/text-query'
import { isId, LOWEST_ID } from '@hotel/runtime/errors/id'
import { notFound } from '@hotel/runtime/errors/refusal'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import { lister } from '@hotel/runtime/read/list'
import type { Pager } from '@hotel/runtime/read/page'
import { type Size, textBytes } from '@hotel/runtime/read/page-bytes'
import { choice, first, flag, moment, plain, rowMessage, text, texts } from '@hotel/runtime/read/row-message'
import { wordsToFind } from '@hotel/runtime/resource/search-words'
import type { CallContext } from 'nice-grpc'
import { type ListVersion, listVersion, type StayFilter } from './list-version.ts'
import type { StayPages } from './stay-pages.ts'

/** The days on which the stays of a list begin, from the location's own date on; none of them has ended before it. */
const PERIODS = {
  current_and_upcoming: [null, 2],
  current: [null, 0],
  upcoming: [1, 2],
} as const

/** The name of one of the three lists. */
type Period = keyof typeof PERIODS

/** The fields of a stay, by the columns of the view. */
export const stayFields = {
  reservation: plain('id'),
  first_name: text('first_name'),
  last_name: text('last_name'),
  in_date: plain('in_date'),
  out_date: plain('out_date'),
  room_number: first('room_numbers'),
  room_numbers: texts('room_numbers'),
  checkin_datetime: moment('checkin_datetime'),
  checkout_datetime: moment('checkout_datetime'),
  status: choice('status', StatusCode),
  guest: plain('guest_id'),
  rooms: texts('rooms'),
  hotel: plain('hotel_id'),
  location: plain('location_id'),
  hold_until: moment('hold_until'),
}

/** A stay as callers see it, encoded, of a row of the view as it is read: one that has not ended by today. */
export const stayRow = rowMessage(Stay, { ...stayFields, overstay: flag('false') })

/** The size of a stay: the bytes of its texts and of the ids of its rooms. */
export const STAY_SIZE: Size = {
  bytes: `${textBytes('first_name', 'last_name', 'room_numbers::text')} + 40 * cardinality(rooms)`,
  columns: ['first_name', 'last_name', 'room_numbers', 'rooms'],
}

const stays = lister({
  answer: ListStaysResponse,
  field: 'reservations',
  row: stayRow,
  size: STAY_SIZE,
  keysOf: (column) => [column('in_date'), column('status'), column('id')],
})

/** A page at the present dates of the locations, and one at those that a head says. */
const NOW = stays.statement('list_stays($1, $2, $3, null, null, null, null, $4, $5, $6, $7, $8, $9, $10)', 'list_stays')
const BY_VERSION = stays.statement(
  'list_stays(null, null, 0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
  'list_stays_by_head',
)
const FIRST = ['-infinity', '', LOWEST_ID]

/** The parts that the lists of stays need: the database, the cached pages, and the clock. */
export type StayDeps = { orm: MikroORM; read: Read; stayPages: StayPages; page: Pager; clockOffset: ClockOffset }

/** The methods of ReservationService that read current and upcoming stays. */
export function stayMethods(deps: StayDeps) {
  const list = (period: Period) => (request: ListStaysRequest, call: CallContext) =>
    listStays(deps, period, request, call.signal)
  return {
    listCurrentAndUpcoming: list('current_and_upcoming'),
    listCurrent: list('current'),
    listUpcoming: list('upcoming'),
    getCurrentAndUpcoming: ({ id }: GetStayRequest, call: CallContext) =>
      getStay(deps.read, id, deps.clockOffset(), call.signal),
  }
}

/** A page of stays by in_date, then status as text, then id: its answer, encoded. */
async function listStays(
  { read, page: pager, stayPages, clockOffset }: StayDeps,
  period: Period,
  request: ListStaysRequest,
  signal: AbortSignal,
): Promise<ListStaysResponse> {
  const page = pager(period, request)
  const filter = valid(request, { hotel: hotelFilter, location: idFilter, guest_name: optional(wordsToFind) })
  const offset = clockOffset()
  const keys = [...PERIODS[period], filter.guest_name, ...(page.after ?? FIRST), page.limit]
  const load = (version: ListVersion | undefined) =>
    stays.page(read, page, asked(version, filter, offset, keys), signal)
  const version = () => listVersion(read, filter, offset, signal)
  const { rows, next } = await stayPages.page([period, page.size, page.after, filter], version, load)
  // The token is sealed for this caller's list, and a field of its own behind the stays.
  const token = ListStaysResponse.encode({ reservations: [], next_page_token: page.token(next) }).finish()
  return encoded(Buffer.concat([rows, token]))
}

function asked(
  version: ListVersion | undefined,
  { hotel, location }: StayFilter,
  offset: number,
  keys: readonly Parameter[],
) {
  if (version === undefined) return { statement: NOW, parameters: [hotel, location, offset, ...keys] }
  const { hotels, locations, dates, at } = version
  return { statement: BY_VERSION, parameters: [hotels, locations, dates, at, ...keys] }
}

/** Of the location of a stay, at the moment of the read: $2 is what the clock is off by, in seconds. */
const GET = {
  name: 'get_stay',
  text: `select ${stayRow.columns.join(', ')} from (
      select c.*, location_date(l.time_zone, m.at) as today, m.at
      from (select statement_timestamp() + make_interval(secs => $2) as at) m, current_and_upcoming c
      cross join lateral (
        select t.time_zone from location t where t.hotel_id = c.hotel_id and t.id = c.location_id limit 1) l
      where c.id = $1) c
    where (hold_until is null or hold_until > at) and out_date >= today and in_date <= today + 2`,
}

/** One stay of the current and upcoming; throws NOT_FOUND when the reservation is not among them. */
async function getStay(read: Read, id: string, clockOffset: number, signal: AbortSignal): Promise<Stay> {
  if (!isId(id)) throw notFound('stay', id)
  const [row] = await read(GET, [id, clockOffset], signal)
  if (row === undefined || !isVisible(row[stayRow.place('hotel_id')] ?? '')) throw notFound('stay', id)
  return encoded(stayRow.encode(row))
}
