import { type ListGuestsRequest, ListGuestsResponse } from '@hotel/proto/hotel/guests/v1/guests'
import { hotelFilter, isOneOrEvery } from '@hotel/runtime/access/hotels'
import { optional, valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { LOWEST_ID } from '@hotel/runtime/errors/id'
import { BY_LAST_NAME, keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { addWords, wordsToFind } from '@hotel/runtime/resource/search-words'
import { GUEST_SIZE, guestRow } from './guest.ts'

const guests = keysetLister({
  answer: ListGuestsResponse,
  field: 'guests',
  row: guestRow,
  size: GUEST_SIZE,
  rows: 'select * from guest',
  ...BY_LAST_NAME,
})

/** The live guests of one hotel, or of all. */
const USUAL = guests.statement('list_guests($1, $2, $3, $4, $5, $6)', 'list_guests')
const FIRST = [false, '', '', LOWEST_ID]

/** A page of guests by last name (absent last), first name, id: keyset over the index of the same order. */
export function listGuests(
  read: Read,
  page: Page,
  request: ListGuestsRequest,
  signal: AbortSignal,
): Promise<ListGuestsResponse> {
  const { hotel, query } = valid(request, { hotel: hotelFilter, query: optional(wordsToFind) })
  if (isOneOrEvery(hotel) && query === null && !request.show_deleted) {
    const parameters = [hotel, ...(page.after ?? FIRST), page.limit]
    return guests.answer(read, page, { statement: USUAL, parameters }, signal)
  }
  const where = conditions(page.limit)
  where.ofHotels('hotel_id', hotel)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  addWords(where, query ?? [])
  return guests.matching(read, page, where, signal)
}
