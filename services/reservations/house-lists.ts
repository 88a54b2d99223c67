import { type ListStaysOfDateRequest, ListStaysResponse, Stay } from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { LOWEST_ID } from '@hotel/runtime/resource/id'
import { lister } from '@hotel/runtime/resource/list'
import { flag, rowMessage } from '@hotel/runtime/resource/row-message'
import { date, idFilter, optional, valid } from '@hotel/runtime/resource/valid'
import type { CallContext } from 'nice-grpc'
import { STAY_SIZE, type StayDeps, stayFields } from './current-and-upcoming.ts'

/** A stay of a row with the present date of its location. */
const houseRow = rowMessage(Stay, {
  ...stayFields,
  overstay: flag(`status = 'CHECKED_IN' and out_date < today`),
})

/** What the methods need. */
type HouseDeps = Pick<StayDeps, 'read' | 'page' | 'clockOffset'>

/** The methods of ReservationService that say who is in the house, arrives and leaves. */
export function houseMethods(deps: HouseDeps) {
  return {
    listInHouse: houseList(deps, 'ListInHouse', 'list_in_house', 'out_date'),
    listArrivals: houseList(deps, 'ListArrivals', 'list_arrivals', 'in_date'),
    listDepartures: houseList(deps, 'ListDepartures', 'list_departures', 'out_date'),
  }
}

const FIRST = ['-infinity', LOWEST_ID]

/** A list by a date of its stays, then id, as the SQL function of this name gives it. */
function houseList(
  { read, page: pager, clockOffset }: HouseDeps,
  method: string,
  list: string,
  order: 'in_date' | 'out_date',
) {
  const stays = lister({
    answer: ListStaysResponse,
    field: 'reservations',
    row: houseRow,
    size: STAY_SIZE,
    keysOf: (column) => [column(order), column('id')],
  })
  const statement = stays.statement(
    `(select (found.stay).*, found.today from ${list}($1, $2, $3, $4, $5, $6, $7) found) stays`,
    list,
  )
  return async (request: ListStaysOfDateRequest, { signal }: CallContext): Promise<ListStaysResponse> => {
    const page = pager(method, request)
    const {
      hotel,
      location,
      date: on,
    } = valid(request, {
      hotel: hotelFilter,
      location: idFilter,
      date: optional(date),
    })
    const parameters = [hotel, location, clockOffset(), on, ...(page.after ?? FIRST), page.limit]
    return stays.answer(read, page, { statement, parameters }, signal)
  }
}
