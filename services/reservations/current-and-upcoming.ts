import {
  type GetStayRequest,
  type ListStaysRequest,
  ListStaysResponse,
  Reservation_Status as StatusCode,
  Stay,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { callersHotels, hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import type { ClockOffset } from '@hotel/runtime/database/clock'
import { type EntityManager, forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import { isId } from '@hotel/runtime/resource/id'
import type { Page, Pager } from '@hotel/runtime/resource/page'
import { bounded, type Summed, textBytes } from '@hotel/runtime/resource/page-bytes'
import { notFound } from '@hotel/runtime/resource/refusal'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { encoded } from '@hotel/runtime/server/encoded'
import type { CallContext } from 'nice-grpc'
import type { Status } from './reservation.ts'
import type { StayPage, StayPages } from './stay-pages.ts'
import { locationsOf, type StayFilter, type ViewHead, viewHead } from './view-head.ts'

/** Which stays a list gives, by the location's own date: l.today. */
const PERIODS = {
  current_and_upcoming: 'c.out_date >= l.today and c.in_date <= l.today + 2',
  current: 'c.in_date <= l.today and c.out_date >= l.today',
  upcoming: 'c.in_date > l.today and c.in_date < l.today + 3',
} as const

/** The name of one of the three lists. */
type Period = keyof typeof PERIODS

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

const COLUMNS = `c.hotel_id, c.id, c.location_id, c.in_date, c.out_date, c.status, c.guest_id, c.first_name, c.last_name,
  c.rooms, c.room_numbers, c.checkin_datetime, c.checkout_datetime, c.hold_until`

/** The bytes of a stay's texts and of the ids of its rooms. */
const STAY_BYTES = `${textBytes('first_name', 'last_name', 'room_numbers::text')} + 40 * cardinality(rooms)`

/** Locations with this moment and their dates at it. $1 is what the clock is off by, in seconds: 0 but in tests. */
const DATED_LOCATIONS = `select l.hotel_id, l.id, location_date(l.time_zone, m.at) as today, m.at
  from location l, (select statement_timestamp() + make_interval(secs => $1) as at) m`

/** Of a location `l` with its moment: a hold whose time has come is in no list. */
const IS_HELD = '(c.hold_until is null or c.hold_until > l.at)'

/** What the lists of stays need: the database, the pages that are kept of it, and the clock. */
export type StayDeps = { orm: MikroORM; read: Read; stayPages: StayPages; page: Pager; clockOffset: ClockOffset }

/** The methods of ReservationService that read current and upcoming stays. */
export function stayMethods(deps: StayDeps) {
  const list = (period: Period) => (request: ListStaysRequest, call: CallContext) =>
    listStays(deps, period, request, forkFor(deps.orm, call.signal))
  return {
    listCurrentAndUpcoming: list('current_and_upcoming'),
    listCurrent: list('current'),
    listUpcoming: list('upcoming'),
    getCurrentAndUpcoming: ({ id }: GetStayRequest, call: CallContext) =>
      getStay(forkFor(deps.orm, call.signal), id, deps.clockOffset()),
  }
}

/** A page of stays by in_date, then status as text, then id: its answer, encoded. */
async function listStays(
  deps: StayDeps,
  period: Period,
  request: ListStaysRequest,
  em: EntityManager,
): Promise<ListStaysResponse> {
  const page = deps.page(period, request)
  const filter = valid(request, { hotel: hotelFilter, location: idFilter })
  const offset = deps.clockOffset()
  const { stays, next } = await deps.stayPages.page(
    [period, page.size, page.after, filter],
    () => viewHead(em, filter, offset),
    (head) => readPage(em, period, page, head === undefined ? datedNow(filter, offset) : datedBy(head)),
  )
  // The token is sealed for this caller's list, and a field of its own behind the stays.
  const token = ListStaysResponse.encode({ reservations: [], next_page_token: page.token(next) }).finish()
  return encoded(Buffer.concat([stays, token]))
}

/** One stay of the current and upcoming; throws NOT_FOUND when the reservation is not among them. */
async function getStay(em: EntityManager, id: string, clockOffset: number): Promise<Stay> {
  if (!isId(id)) throw notFound('stay', id)
  const hotels = callersHotels()
  const [row] = await query<Row>(
    em,
    `select ${COLUMNS} from (${DATED_LOCATIONS}) l
     join current_and_upcoming c on c.hotel_id = l.hotel_id and c.location_id = l.id
     where c.id = $2 and ${isOfHotels('c.hotel_id', '$3', hotels)} and ${IS_HELD} and ${PERIODS.current_and_upcoming}`,
    [clockOffset, id, hotels],
  )
  if (row === undefined) throw notFound('stay', id)
  return toProto(row)
}

/** A FROM item `l (hotel_id, id, today, at)`, with its name and its first parameters. */
type Dated = { readonly name: string; readonly from: string; readonly parameters: readonly unknown[] }

/** The locations of a head at the dates that it says. */
function datedBy({ rows, at }: ViewHead): Dated {
  return {
    name: 'head',
    from: `(select u.*, $4::timestamptz as at
            from unnest($1::uuid[], $2::uuid[], $3::date[]) as u (hotel_id, id, today)) l`,
    parameters: [rows.map((row) => row.hotel_id), rows.map((row) => row.location_id), rows.map((row) => row.today), at],
  }
}

function datedNow(filter: StayFilter, clockOffset: number): Dated {
  const { name, where, parameters } = locationsOf(filter, 2)
  return { name, from: `(${DATED_LOCATIONS} where ${where}) l`, parameters: [clockOffset, ...parameters] }
}

/** Takes from each location, in the order of its index, no more than a page: so the view's size does not matter. */
async function readPage(
  em: EntityManager,
  period: Period,
  page: Page,
  { name, from, parameters }: Dated,
): Promise<StayPage> {
  const [limit, inDate, status, id] = [1, 2, 3, 4].map((place) => `$${parameters.length + place}`)
  const after =
    page.after === undefined ? '' : `and (c.in_date, c.status, c.id) > (${inDate}::date, ${status}, ${id}::uuid)`
  const fetched = await query<Row & Summed>(
    em,
    {
      name: `stays_${period}_${name}${page.after === undefined ? '' : '_after'}`,
      text: bounded(
        `select ${COLUMNS} from ${from} cross join lateral (
          select * from current_and_upcoming c
          where c.hotel_id = l.hotel_id and c.location_id = l.id and ${IS_HELD} and ${PERIODS[period]} ${after}
          order by c.in_date, c.status, c.id limit ${limit}
        ) c order by c.in_date, c.status, c.id limit ${limit}`,
        STAY_BYTES,
      ),
    },
    [...parameters, page.limit, ...(page.after ?? [])],
  )
  const { rows, next } = page.cut(fetched, ({ in_date, status, id }) => [in_date, status, id])
  const reservations = rows.map(toProto)
  return { stays: ListStaysResponse.encode({ reservations, next_page_token: '' }).finish(), next }
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
