import { type ListRoomsRequest, ListRoomsResponse } from '@hotel/proto/hotel/rooms/v1/rooms'
import { hotelFilter, isOfHotels, isOneOrEvery } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { HIGHEST_ID } from '@hotel/runtime/resource/id'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { ROOM_SIZE, roomRow } from './room.ts'

const rooms = lister({
  answer: ListRoomsResponse,
  field: 'rooms',
  row: roomRow,
  size: ROOM_SIZE,
  more: ['number_order'],
  keysOf: (column) => [column('number_order'), column('id')],
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
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  if (location !== null) where.add((id) => `location_id = ${id}`, location)
  if (room_type !== null) where.add((id) => `room_type_id = ${id}`, room_type)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  if (page.after !== undefined)
    where.add((number, id) => `(number_order, id) < (${number}::text, ${id}::uuid)`, ...page.after)
  const statement = rooms.statement(
    `(select * from room ${where.text()} order by number_order desc, id desc limit $1) found`,
  )
  return rooms.answer(read, page, { statement, parameters: where.parameters }, signal)
}
