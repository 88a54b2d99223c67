import { type ListRoomsRequest, ListRoomsResponse } from '@hotel/proto/hotel/rooms/v1/rooms'
import { hotelFilter, isOneOrEvery } from '@hotel/runtime/access/hotels'
import { idFilter, valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { HIGHEST_ID } from '@hotel/runtime/errors/id'
import { keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { ROOM_SIZE, roomRow } from './room.ts'

const rooms = keysetLister({
  answer: ListRoomsResponse,
  field: 'rooms',
  row: roomRow,
  size: ROOM_SIZE,
  more: ['number_order'],
  keysOf: (column) => [column('number_order'), column('id')],
  rows: 'select * from room',
  order: [
    ['number_order', 'text'],
    ['id', 'uuid'],
  ],
  isDescending: true,
})

/** The live rooms of one hotel, or of all. */
const USUAL = rooms.statement('list_rooms($1, $2, $3, $4)', 'list_rooms')

/** A page of rooms by number in natural order, id, both descending: keyset over the index of the same order. */
export function listRooms(
  read: Read,
  page: Page,
  request: ListRoomsRequest,
  signal: AbortSignal,
): Promise<ListRoomsResponse> {
  const { hotel, location, room_type } = valid(request, { hotel: hotelFilter, location: idFilter, room_type: idFilter })
  if (isOneOrEvery(hotel) && location === null && room_type === null && !request.show_deleted) {
    const parameters = [hotel, ...(page.after ?? [null, HIGHEST_ID]), page.limit]
    return rooms.answer(read, page, { statement: USUAL, parameters }, signal)
  }
  const where = conditions(page.limit)
  where.ofHotels('hotel_id', hotel)
  where.equal('location_id', location)
  where.equal('room_type_id', room_type)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  return rooms.matching(read, page, where, signal)
}
