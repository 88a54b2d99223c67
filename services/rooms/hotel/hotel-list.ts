import { type ListHotelsRequest, ListHotelsResponse } from '@hotel/proto/hotel/rooms/v1/hotels'
import { callersHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { HOTEL_SIZE, hotelRow } from './hotel.ts'

const hotels = keysetLister({
  answer: ListHotelsResponse,
  field: 'hotels',
  row: hotelRow,
  size: HOTEL_SIZE,
  keysOf: (column) => [column('name'), column('hotel_id')],
  rows: 'select * from hotel',
  order: [['name collate "und-x-icu"'], ['id', 'uuid']],
})

/** A page of hotels by name, id: keyset over the index of the same order. */
export function listHotels(
  read: Read,
  page: Page,
  request: ListHotelsRequest,
  signal: AbortSignal,
): Promise<ListHotelsResponse> {
  const where = conditions(page.limit)
  where.ofHotels('hotel_id', callersHotels())
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  return hotels.matching(read, page, where, signal)
}
