import type {
  ListRoomAvailabilityRequest,
  ListRoomAvailabilityResponse,
  ListRoomTypeAvailabilityRequest,
  ListRoomTypeAvailabilityResponse,
  NightAvailability,
} from '@hotel/proto/hotel/reservations/v1/availability'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { encoded } from '@hotel/runtime/call/pre-encoded'
import { date, idFilter, valid } from '@hotel/runtime/call/valid'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import { DEFAULT_SIZE, type Pager } from '@hotel/runtime/read/page'
import { bounded, type Summed, textBytes } from '@hotel/runtime/read/page-bytes'
import { endOf, nightsOf, stay } from '../nights/stay.ts'
import { COLUMNS, encodeRooms, roomsOf } from './room-lines.ts'

/** What one answer may hold, times the nights of the stay: what a page costs grows with both. */
const MOST_ROOM_NIGHTS = 40_000
const MOST_TYPE_NIGHTS = 20_000

type Asked = ListRoomAvailabilityRequest | ListRoomTypeAvailabilityRequest

/** The stay and filter that were asked about, and a page of no more than an answer may hold. */
function asked(pager: Pager, method: string, request: Asked, mostNights: number) {
  const { in_date, out_date, ...filter } = valid(request, {
    in_date: date,
    out_date: date,
    hotel: hotelFilter,
    location: idFilter,
    room_type: idFilter,
  })
  const dates = stay(in_date, out_date)
  const most = Math.floor(mostNights / nightsOf(dates))
  const page_size = Math.min(request.page_size === 0 ? DEFAULT_SIZE : request.page_size, most)
  return { first: in_date, until: endOf(dates), filter, page: pager(method, { ...request, page_size }) }
}

const ROOMS = {
  name: 'room_lines',
  text: `select ${COLUMNS.join(', ')} from room_lines($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
}

/** A page of rooms by location, number in natural order, id, in one statement and so one snapshot. */
export async function listRoomAvailability(
  read: Read,
  pager: Pager,
  request: ListRoomAvailabilityRequest,
  clockOffset: number,
  signal: AbortSignal,
): Promise<ListRoomAvailabilityResponse> {
  const { first, until, filter, page } = asked(pager, 'ListRoomAvailability', request, MOST_ROOM_NIGHTS)
  const { hotel, location, room_type } = filter
  const after = page.after ?? [null, null, null]
  const parameters = [first, until, hotel, location, room_type, ...after, page.limit, clockOffset]
  const lines = (await read(ROOMS, parameters, signal)).map(roomsOf(first))
  const { rows, next_page_token } = page.cut(
    lines,
    ({ location, numberOrder, id }) => [location, numberOrder, id],
    ({ letters }) => letters,
  )
  return encoded(
    encodeRooms(
      rows.map(({ bytes }) => bytes),
      next_page_token,
    ),
  )
}

type TypeRow = {
  room_type: string | null
  name: string
  hotel: string
  total: number
  /** Each as `night difference`: how many more rooms are held from this night on, or fewer. */
  moves: string[]
}

/** A page of room types by name (that of rooms without one last), hotel, id, in one statement and so one snapshot. */
export async function listRoomTypeAvailability(
  em: EntityManager,
  pager: Pager,
  request: ListRoomTypeAvailabilityRequest,
  clockOffset: number,
): Promise<ListRoomTypeAvailabilityResponse> {
  const { first, until, filter, page } = asked(pager, 'ListRoomTypeAvailability', request, MOST_TYPE_NIGHTS)
  const fetched = await query<TypeRow & Summed>(em, TYPES, [
    first,
    until,
    filter.hotel,
    filter.location,
    filter.room_type,
    ...(page.after ?? [null, null, null, null]),
    page.limit,
    clockOffset,
  ])
  const { rows: types, next_page_token } = page.cut(
    fetched,
    (row) => [row.room_type === null, row.name, row.hotel, row.room_type ?? NO_TYPE],
    ({ page_bytes }) => page_bytes,
  )
  const dates = datesBetween(first, until)
  return {
    room_types: types.map(({ room_type, name, hotel, total, moves }) => ({
      room_type: room_type ?? undefined,
      name,
      hotel,
      nights: nightsOfType(dates, total, moves),
    })),
    next_page_token,
  }
}

function nightsOfType(dates: readonly string[], total: number, moves: readonly string[]): NightAvailability[] {
  const differences = new Map(moves.map((move) => [move.slice(0, 10), Number(move.slice(11))]))
  let held = 0
  return dates.map((night) => {
    held += differences.get(night) ?? 0
    return { night, total, held, free: total - held }
  })
}

function datesBetween(first: string, until: string): string[] {
  const begin = Temporal.PlainDate.from(first)
  return Array.from({ length: begin.until(until).days }, (_, days) => begin.add({ days }).toString())
}

const TYPES = bounded(
  'select * from room_type_nights($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
  // Of each night its date and three numbers are said.
  `${textBytes('name')} + 10 * ($2::date - $1::date)`,
)

/** Stands for the absence of a type where rows are ordered by its id. */
const NO_TYPE = '00000000-0000-0000-0000-000000000000'
