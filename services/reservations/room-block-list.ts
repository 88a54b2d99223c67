import type { ListRoomBlocksRequest, ListRoomBlocksResponse } from '@hotel/proto/hotel/reservations/v1/blocks'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { date, idFilter, optional, valid } from '@hotel/runtime/resource/valid'
import { ROOM_BLOCK_BYTES, RoomBlock } from './room-block.ts'
import { MOST_NIGHTS } from './stay.ts'

/** A page of blocks by in_date, the latest first, then id: keyset over the index of the same order. */
export async function listRoomBlocks(
  em: EntityManager,
  page: Page,
  request: ListRoomBlocksRequest,
): Promise<ListRoomBlocksResponse> {
  const filter = valid(request, {
    hotel: hotelFilter,
    location: idFilter,
    room: idFilter,
    from: optional(date),
    to: optional(date),
  })
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from room_block
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2::uuid is null or location_id = $2)
       and ($3::uuid is null or room_id = $3)
       and ($4::date is null or greatest(out_date, in_date + 1) > $4 and in_date > $4 - ${MOST_NIGHTS + 1})
       and ($5::date is null or in_date < $5)
       and ($6 or delete_time is null)
       ${page.after === undefined ? '' : 'and (in_date, id) < ($8::date, $9::uuid)'}
     order by in_date desc, id desc
     limit $7`,
      ROOM_BLOCK_BYTES,
    ),
    [
      filter.hotel,
      filter.location,
      filter.room,
      filter.from,
      filter.to,
      request.show_deleted,
      page.limit,
      ...(page.after ?? []),
    ],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ in_date, id }) => [in_date, id])
  return { room_blocks: rows.map((row) => em.map(RoomBlock, row).toProto()), next_page_token }
}
