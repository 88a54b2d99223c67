import type { ListRoomsRequest, ListRoomsResponse } from '@hotel/proto/hotel/rooms/v1/rooms'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { ROOM_BYTES, Room } from './room.ts'

/** A page of rooms by number in natural order, id, both descending: keyset over the index of the same order. */
export async function listRooms(em: EntityManager, page: Page, request: ListRoomsRequest): Promise<ListRoomsResponse> {
  const filter = valid(request, { hotel: hotelFilter, location: idFilter, room_type: idFilter })
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from room
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2::uuid is null or location_id = $2)
       and ($3::uuid is null or room_type_id = $3)
       and ($4 or delete_time is null)
       ${page.after === undefined ? '' : 'and (number_order, id) < ($6::text, $7::uuid)'}
     order by number_order desc, id desc
     limit $5`,
      ROOM_BYTES,
    ),
    [filter.hotel, filter.location, filter.room_type, request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows, next_page_token } = page.cut(fetched, (row) => [row.number_order, row.id])
  return { rooms: rows.map((row) => em.map(Room, row).toProto()), next_page_token }
}
