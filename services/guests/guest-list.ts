import type { ListGuestsRequest, ListGuestsResponse } from '@hotel/proto/hotel/guests/v1/guests'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { optional, requiredText, valid } from '@hotel/runtime/resource/valid'
import { GUEST_BYTES, Guest } from './guest.ts'

/** A page of guests by last name (absent last), first name, id: keyset over the index of the same order. */
export async function listGuests(
  em: EntityManager,
  page: Page,
  request: ListGuestsRequest,
): Promise<ListGuestsResponse> {
  const filter = valid(request, { hotel: hotelFilter, query: optional(requiredText()) })
  const words = filter.query?.toLowerCase().split(/\s+/) ?? []
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from guest
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2 or delete_time is null)
       and search like all ($3::text[])
       ${page.after === undefined ? '' : `and (${ORDER}) > ($5::boolean, $6::text, $7::text, $8::uuid)`}
     order by ${ORDER}
     limit $4`,
      GUEST_BYTES,
    ),
    [
      filter.hotel,
      request.show_deleted,
      words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`),
      page.limit,
      ...(page.after ?? []),
    ],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ last_name, first_name, id }) => [
    last_name === null,
    last_name ?? '',
    first_name,
    id,
  ])
  return { guests: rows.map((row) => em.map(Guest, row).toProto()), next_page_token }
}

const ORDER = `last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id`
