import { type ListHotelsRequest, ListHotelsResponse } from '@hotel/proto/hotel/rooms/v1/hotels'
import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { HOTEL_SIZE, hotelRow } from './hotel.ts'

const hotels = lister({
  answer: ListHotelsResponse,
  field: 'hotels',
  row: hotelRow,
  size: HOTEL_SIZE,
  keysOf: (column) => [column('name'), column('hotel_id')],
})

/** A page of hotels by name, id: keyset over the index of the same order. */
export function listHotels(
  read: Read,
  page: Page,
  request: ListHotelsRequest,
  signal: AbortSignal,
): Promise<ListHotelsResponse> {
  const ofCaller = callersHotels()
  const where = conditions(page.limit)
  if (ofCaller !== null) where.add((ids) => isOfHotels('hotel_id', ids, ofCaller), ofCaller)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  if (page.after !== undefined) where.add((name, id) => `(${ORDER}) > (${name}, ${id}::uuid)`, ...page.after)
  const statement = hotels.statement(`(select * from hotel ${where.text()} order by ${ORDER} limit $1) found`)
  return hotels.answer(read, page, { statement, parameters: where.parameters }, signal)
}

const ORDER = `name collate "und-x-icu", id`
