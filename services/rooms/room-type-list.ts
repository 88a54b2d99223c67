import { type ListRoomTypesRequest, ListRoomTypesResponse } from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { ROOM_TYPE_SIZE, roomTypeRow } from './room-type.ts'

const roomTypes = lister({
  answer: ListRoomTypesResponse,
  field: 'room_types',
  row: roomTypeRow,
  size: ROOM_TYPE_SIZE,
  keysOf: (column) => [column('name'), column('id')],
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
  if (hotel !== null) where.add((ids) => isOfHotels('t.hotel_id', ids, hotel), hotel)
  if (location !== null) where.add(hasRoomAt, location)
  if (!request.show_deleted) where.add(() => 't.delete_time is null')
  if (page.after !== undefined) where.add((name, id) => `(${ORDER}) > (${name}, ${id}::uuid)`, ...page.after)
  const statement = roomTypes.statement(
    `(select t.* from room_type t ${where.text()} order by ${ORDER} limit $1) found`,
  )
  return roomTypes.answer(read, page, { statement, parameters: where.parameters }, signal)
}

const ORDER = `t.name collate "und-x-icu", t.id`

function hasRoomAt(location: string): string {
  return `exists (
    select from room r where r.hotel_id = t.hotel_id and r.room_type_id = t.id and r.location_id = ${location}
      and r.delete_time is null)`
}
