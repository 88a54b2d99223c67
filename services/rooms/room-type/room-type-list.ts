import { type ListRoomTypesRequest, ListRoomTypesResponse } from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { idFilter, valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { ROOM_TYPE_SIZE, roomTypeRow } from './room-type.ts'

const roomTypes = keysetLister({
  answer: ListRoomTypesResponse,
  field: 'room_types',
  row: roomTypeRow,
  size: ROOM_TYPE_SIZE,
  keysOf: (column) => [column('name'), column('id')],
  rows: 'select t.* from room_type t',
  order: [['t.name collate "und-x-icu"'], ['t.id', 'uuid']],
})

/** A page of room types by name, id: keyset over the index of the same order. */
export function listRoomTypes(
  read: Read,
  page: Page,
  request: ListRoomTypesRequest,
  signal: AbortSignal,
): Promise<ListRoomTypesResponse> {
  const { hotel, location } = valid(request, { hotel: hotelFilter, location: idFilter })
  const where = conditions(page.limit)
  where.ofHotels('t.hotel_id', hotel)
  if (location !== null) where.add(hasRoomAt, location)
  if (!request.show_deleted) where.add(() => 't.delete_time is null')
  return roomTypes.matching(read, page, where, signal)
}

function hasRoomAt(location: string): string {
  return `exists (
    select from room r where r.hotel_id = t.hotel_id and r.room_type_id = t.id and r.location_id = ${location}
      and r.delete_time is null)`
}
