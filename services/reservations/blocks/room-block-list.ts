import { type ListRoomBlocksRequest, ListRoomBlocksResponse } from '@hotel/proto/hotel/reservations/v1/blocks'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { date, endOfRange, idFilter, optional, valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { MOST_NIGHTS } from '../nights/stay.ts'
import { ROOM_BLOCK_SIZE, roomBlockRow } from './room-block.ts'

const blocks = keysetLister({
  answer: ListRoomBlocksResponse,
  field: 'room_blocks',
  row: roomBlockRow,
  size: ROOM_BLOCK_SIZE,
  keysOf: (column) => [column('in_date'), column('id')],
  rows: 'select * from room_block',
  order: [
    ['in_date', 'date'],
    ['id', 'uuid'],
  ],
  isDescending: true,
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
  where.ofHotels('hotel_id', hotel)
  where.equal('location_id', location)
  where.equal('room_id', room)
  if (from !== null)
    where.add(
      (day) => `greatest(out_date, in_date + 1) > ${day}::date and in_date > ${day}::date - ${MOST_NIGHTS + 1}`,
      from,
    )
  if (to !== null) where.add((day) => `in_date < ${day}::date`, to)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  return blocks.matching(read, page, where, signal)
}
