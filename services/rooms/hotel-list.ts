import type { ListHotelsRequest, ListHotelsResponse } from '@hotel/proto/hotel/rooms/v1/hotels'
import { callersHotels, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { HOTEL_BYTES, Hotel } from './hotel.ts'

/** A page of hotels by name, id: keyset over the index of the same order. */
export async function listHotels(
  em: EntityManager,
  page: Page,
  request: ListHotelsRequest,
): Promise<ListHotelsResponse> {
  const hotels = callersHotels()
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from hotel
     where ${isOfHotels('hotel_id', '$1', hotels)}
       and ($2 or delete_time is null)
       ${page.after === undefined ? '' : `and (${ORDER}) > ($4::text, $5::uuid)`}
     order by ${ORDER}
     limit $3`,
      HOTEL_BYTES,
    ),
    [hotels, request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ name, id }) => [name, id])
  return { hotels: rows.map((row) => em.map(Hotel, row).toProto()), next_page_token }
}

const ORDER = `name collate "und-x-icu", id`
