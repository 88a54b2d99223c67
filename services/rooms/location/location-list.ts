import { type ListLocationsRequest, ListLocationsResponse } from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { LOCATION_SIZE, locationRow } from './location.ts'

const locations = keysetLister({
  answer: ListLocationsResponse,
  field: 'locations',
  row: locationRow,
  size: LOCATION_SIZE,
  keysOf: (column) => [column('name'), column('id')],
  rows: 'select * from location',
  order: [['name collate "und-x-icu"'], ['id', 'uuid']],
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
  where.ofHotels('hotel_id', hotel)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  return locations.matching(read, page, where, signal)
}
