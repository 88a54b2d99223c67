import { type ListStaysOfDateRequest, ListStaysResponse, Stay } from '@hotel/proto/hotel/reservations/v1/reservations'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { date, idFilter, optional, valid } from '@hotel/runtime/call/valid'
import { LOWEST_ID } from '@hotel/runtime/errors/id'
import { lister } from '@hotel/runtime/read/list'
import { flag, rowMessage } from '@hotel/runtime/read/row-message'
import { wordsToFind } from '@hotel/runtime/resource/search-words'
import type { CallContext } from 'nice-grpc'
import { STAY_SIZE, type StayDeps, stayFields } from '../current-and-upcoming/current-and-upcoming.ts'

/** A stay of a row with the present date of its location. */
const houseRow = rowMessage(Stay, {
  ...stayFields,
  overstay: flag(`status = 'CHECKED_IN' and out_date < today`),
})

/** The parts that the methods need. */
type HouseDeps = Pick<StayDeps, 'read' | 'page' | 'clockOffset'>

/** The methods of ReservationService that say who is in the house, arrives and leaves. */
export function houseMethods(deps: HouseDeps) {
  return {
    listInHouse: houseList(deps, 'ListInHouse', 'in_house', 'out_date'),
    listArrivals: houseList(deps, 'ListArrivals', 'arrivals', 'in_date'),
    listDepartures: houseList(deps, 'ListDepartures', 'departures', 'out_date'),
  }
}

const FIRST = ['-infinity', LOWEST_ID]

/** A list by a date of its stays, then id, as list_house gives it under this name. */
function houseList(
  { read, page: pager, clockOffset }: HouseDeps,
  method: string,
  list: 'in_house' | 'arrivals' | 'departures',
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
    '(select (found.stay).*, found.today from list_house($1, $2, $3, $4, $5, $6, $7, $8, $9) found) stays',
    'list_house',
  )
  return async (request: ListStaysOfDateRequest, { signal }: CallContext): Promise<ListStaysResponse> => {
    const page = pager(method, request)
    const {
      hotel,
      location,
      date: on,
      guest_name,
    } = valid(request, {
      hotel: hotelFilter,
      location: idFilter,
      date: optional(date),
      guest_name: optional(wordsToFind),
    })
    const filter = [hotel, location, clockOffset(), on, guest_name]
    const parameters = [list, ...filter, ...(page.after ?? FIRST), page.limit]
    return stays.answer(read, page, { statement, parameters }, signal)
  }
}
