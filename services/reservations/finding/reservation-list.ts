import { type ListReservationsRequest, ListReservationsResponse } from '@hotel/proto/hotel/reservations/v1/reservations'
import { isOfHotels, isOneOrEvery } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { HIGHEST_ID } from '@hotel/runtime/errors/id'
import { type Conditions, conditions, lister } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { addWords } from '@hotel/runtime/resource/search-words'
import { RESERVATION_SIZE, reservationRow } from '../reservation/reservation.ts'
import { isOfNamed, reservationsOf } from './named-guests.ts'
import { addFilter, type Filter, filterOf } from './reservation-filter.ts'
import { afterIn, inSql, type Order, type OrderColumn } from './reservation-order.ts'

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
const USUAL_ORDER: Order = { column: 'in_date', isDescending: true }

/** A page of reservations in the order that is asked for; by in_date, the latest first, then id when none is. */
export async function listReservations(
  read: Read,
  page: Page,
  request: ListReservationsRequest,
  clockOffset: number,
  signal: AbortSignal,
): Promise<ListReservationsResponse> {
  const filter = filterOf(request)
  const { hotel, guest_name, order_by, ...others } = filter
  if (isOneOrEvery(hotel) && [guest_name, order_by, ...Object.values(others)].every((value) => value == null)) {
    const parameters = [hotel, clockOffset, ...(page.after ?? FIRST), page.limit]
    return reservations.answer(read, page, { statement: USUAL, parameters }, signal)
  }
  const ask = async (reading: Read, { column, from, parameters }: Asked) => {
    const listed = inOrderOf[column]
    return listed.answer(reading, page, { statement: listed.statement(`${from} found`), parameters }, signal)
  }
  if (guest_name === null) return ask(read, inAnyOrder(page, filter, page.limit, clockOffset))
  let found = 0
  const counting: Read = async (...asked) => {
    const rows = await read(...asked)
    found = rows.length
    return rows
  }
  const answer = await ask(counting, amongNext(page, filter, guest_name, clockOffset))
  return found === page.limit ? answer : ask(read, ofNamed(page, filter, guest_name, clockOffset))
}

/** A FROM item without its name, the column that it is ordered by, and the parameters. */
type Asked = {
  readonly from: string
  readonly column: OrderColumn
  readonly parameters: Conditions['parameters']
}

/** As many reservations as are wanted, after those of the pages before. */
function inAnyOrder(page: Page, filter: Filter, most: number, clockOffset: number): Asked {
  return filter.order_by === null
    ? latestFirst(page, filter, most, clockOffset)
    : inOrder(page, filter, filter.order_by, most, clockOffset)
}

/** In the order of all reservations of a hotel. */
function latestFirst(page: Page, { hotel, ...filter }: Filter, most: number, clockOffset: number): Asked {
  const where = conditions(most, clockOffset)
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  addFilter(where, filter)
  addPlace(where, page, USUAL_ORDER)
  const from = `(select * from reservation ${where.text()} order by ${inSql(USUAL_ORDER)} limit $1)`
  return { from, column: USUAL_ORDER.column, parameters: where.parameters }
}

/** In one of the orders that the reservations of each location have an index by: from each, no more than are wanted are taken. */
function inOrder(
  page: Page,
  { hotel, location, ...filter }: Filter,
  order: Order,
  most: number,
  clockOffset: number,
): Asked {
  const where = conditions(most, clockOffset, hotel, location)
  where.add(() => 'hotel_id = l.hotel_id and location_id = l.id')
  addFilter(where, filter)
  addPlace(where, page, order)
  const by = inSql(order)
  const from = `(select found.* from dated_locations($3, $4, $2, null) l
      cross join lateral (select * from reservation ${where.text()} order by ${by} limit $1) found
      order by ${by} limit $1)`
  return { from, column: order.column, parameters: where.parameters }
}

/** So many reservations are asked for the names of their guests: a page is full with them where a name is not seldom. */
const MOST_LOOKED_AT = 2_000

/** Those of guests of a name among the next ones: a page, where as many as one has are found. */
function amongNext(page: Page, filter: Filter, words: readonly string[], clockOffset: number): Asked {
  const next = inAnyOrder(page, filter, MOST_LOOKED_AT, clockOffset)
  const where = conditions(...next.parameters)
  where.add(isOfNamed, ...words)
  const parameters = [...where.parameters, page.limit]
  const by = inSql(filter.order_by ?? USUAL_ORDER)
  const from = `(select * from ${next.from} reservation ${where.text()} order by ${by} limit $${parameters.length})`
  return { from, column: next.column, parameters }
}

/** A page of all reservations of the guests of a name, who are found first. */
function ofNamed(page: Page, { hotel, ...filter }: Filter, words: readonly string[], clockOffset: number): Asked {
  const order = filter.order_by ?? USUAL_ORDER
  const guests = conditions(page.limit, clockOffset)
  if (hotel !== null) guests.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  addWords(guests, words)
  const where = conditions(...guests.parameters)
  addFilter(where, filter)
  addPlace(where, page, order)
  const from = `(select * from ${reservationsOf(guests.text())} ${where.text()} order by ${inSql(order)} limit $1)`
  return { from, column: order.column, parameters: where.parameters }
}

function addPlace(where: Conditions, page: Page, order: Order): void {
  if (page.after !== undefined) where.add((value, id) => afterIn(order, value, id), ...page.after)
}
