import type { ListLocationsRequest, ListLocationsResponse } from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { valid } from '@hotel/runtime/resource/valid'
import { LOCATION_BYTES, Location } from './location.ts'

/** A page of locations by name, id: keyset over the index of the same order. */
export async function listLocations(
  em: EntityManager,
  page: Page,
  request: ListLocationsRequest,
): Promise<ListLocationsResponse> {
  const filter = valid(request, { hotel: hotelFilter })
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from location
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2 or delete_time is null)
       ${page.after === undefined ? '' : `and (${ORDER}) > ($4::text, $5::uuid)`}
     order by ${ORDER}
     limit $3`,
      LOCATION_BYTES,
    ),
    [filter.hotel, request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ name, id }) => [name, id])
  return { locations: rows.map((row) => em.map(Location, row).toProto()), next_page_token }
}

const ORDER = `name collate "und-x-icu", id`
