import type { ListHotelsRequest, ListHotelsResponse } from '@hotel/proto/hotel/rooms/v1/hotels'
import { type EntityManager, query } from '@hotel/runtime/database'
import type { Page } from '@hotel/runtime/page'
import { Hotel } from './hotel.ts'

/** A page of hotels by name, id: keyset over the index of the same order. */
export async function listHotels(
  em: EntityManager,
  page: Page,
  request: ListHotelsRequest,
): Promise<ListHotelsResponse> {
  const rows = await query<Record<string, unknown>>(
    em,
    `select * from hotel
     where ($1 or delete_time is null)
       ${page.after === undefined ? '' : `and (${ORDER}) > ($3::text, $4::uuid)`}
     order by ${ORDER}
     limit $2`,
    [request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows: hotels, next_page_token } = page.cut(
    rows.map((row) => em.map(Hotel, row)),
    (hotel) => [hotel.name, hotel.id],
  )
  return { hotels: hotels.map((hotel) => hotel.toProto()), next_page_token }
}

const ORDER = `name collate "und-x-icu", id`
