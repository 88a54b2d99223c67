import { type ListRoomBlocksRequest, ListRoomBlocksResponse } from '@hotel/proto/hotel/reservations/v1/blocks'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { date, endOfRange, idFilter, optional, valid } from '@hotel/runtime/resource/valid'
import { ROOM_BLOCK_SIZE, roomBlockRow } from './room-block.ts'
import { MOST_NIGHTS } from './stay.ts'

const blocks = lister({
  answer: ListRoomBlocksResponse,
  field: 'room_blocks',
  row: roomBlockRow,
  size: ROOM_BLOCK_SIZE,
  keysOf: (column) => [column('in_date'), column('id')],
})

/** A page of blocks by in_date, the latest first, then id: keyset over the index of the same order. */
export function listRoomBlocks(
  read: Read,
  page: Page,
  request: ListRoomBlocksRequest,
  signal: AbortSignal,
): Promise<ListRoomBlocksResponse> {
  const { hotel, location, room, from, to } = valid(request, {
    hotel: hotelFilter,
    location: idFilter,
    room: idFilter,
    from: optional(date),
    to: endOfRange('from', request.from),
  })
  const where = conditions(page.limit)
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  if (location !== null) where.add((id) => `location_id = ${id}`, location)
  if (room !== null) where.add((id) => `room_id = ${id}`, room)
  if (from !== null)
    where.add(
      (day) => `greatest(out_date, in_date + 1) > ${day}::date and in_date > ${day}::date - ${MOST_NIGHTS + 1}`,
      from,
    )
  if (to !== null) where.add((day) => `in_date < ${day}::date`, to)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  if (page.after !== undefined) where.add((day, id) => `(in_date, id) < (${day}::date, ${id}::uuid)`, ...page.after)
  const statement = blocks.statement(
    `(select * from room_block ${where.text()} order by in_date desc, id desc limit $1) found`,
  )
  return blocks.answer(read, page, { statement, parameters: where.parameters }, signal)
}
