import type { ListRoomTypesRequest, ListRoomTypesResponse } from '@hotel/proto/hotel/rooms/v1/room_types'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { ROOM_TYPE_BYTES, RoomType } from './room-type.ts'

/** A page of room types by name, id: keyset over the index of the same order. */
export async function listRoomTypes(
  em: EntityManager,
  page: Page,
  request: ListRoomTypesRequest,
): Promise<ListRoomTypesResponse> {
  const filter = valid(request, { hotel: hotelFilter, location: idFilter })
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select t.* from room_type t
     where ${isOfHotels('t.hotel_id', '$1', filter.hotel)}
       and ($2::uuid is null or exists (
         select from room r where r.hotel_id = t.hotel_id and r.room_type_id = t.id and r.location_id = $2
           and r.delete_time is null))
       and ($3 or t.delete_time is null)
       ${page.after === undefined ? '' : `and (${ORDER}) > ($5::text, $6::uuid)`}
     order by ${ORDER}
     limit $4`,
      ROOM_TYPE_BYTES,
    ),
    [filter.hotel, filter.location, request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ name, id }) => [name, id])
  return { room_types: rows.map((row) => em.map(RoomType, row).toProto()), next_page_token }
}

const ORDER = `t.name collate "und-x-icu", t.id`
