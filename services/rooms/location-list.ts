import { type ListLocationsRequest, ListLocationsResponse } from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { valid } from '@hotel/runtime/resource/valid'
import { LOCATION_SIZE, locationRow } from './location.ts'

const locations = lister({
  answer: ListLocationsResponse,
  field: 'locations',
  row: locationRow,
  size: LOCATION_SIZE,
  keysOf: (column) => [column('name'), column('id')],
})

/** A page of locations by name, id: keyset over the index of the same order. */
export function listLocations(
  read: Read,
  page: Page,
  request: ListLocationsRequest,
  signal: AbortSignal,
): Promise<ListLocationsResponse> {
  const { hotel } = valid(request, { hotel: hotelFilter })
  const where = conditions(page.limit)
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  if (page.after !== undefined) where.add((name, id) => `(${ORDER}) > (${name}, ${id}::uuid)`, ...page.after)
  const statement = locations.statement(`(select * from location ${where.text()} order by ${ORDER} limit $1) found`)
  return locations.answer(read, page, { statement, parameters: where.parameters }, signal)
}

const ORDER = `name collate "und-x-icu", id`
