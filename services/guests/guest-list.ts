import type { ListGuestsRequest, ListGuestsResponse } from '@hotel/proto/hotel/guests/v1/guests'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { Invalid, optional, type Rule, requiredText, valid } from '@hotel/runtime/resource/valid'
import { GUEST_BYTES, Guest } from './guest.ts'

/** A page of guests by last name (absent last), first name, id: keyset over the index of the same order. */
export async function listGuests(
  em: EntityManager,
  page: Page,
  request: ListGuestsRequest,
): Promise<ListGuestsResponse> {
  const filter = valid(request, { hotel: hotelFilter, query: optional(wordsToFind) })
  const words = filter.query ?? []
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from guest
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2 or delete_time is null)
       and search like all ($3::text[])
       -- No expression of an index: the words whole.
       and (search || '') like all ($5::text[])
       ${page.after === undefined ? '' : `and (${ORDER}) > ($6::boolean, $7::text, $8::text, $9::uuid)`}
     order by ${ORDER}
     limit $4`,
      GUEST_BYTES,
    ),
    [
      filter.hotel,
      request.show_deleted,
      words.map((word) => containing(beginning(word))),
      page.limit,
      words.filter((word) => beginning(word) !== word).map(containing),
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

const MOST_WORDS = 5
const MOST_LETTERS = 64
/**
 * The letters of a word that the index is asked for: it has a list of guests for each three letters, and reads as many lists.
 * More seldom find fewer guests.
 */
const LETTERS_BY_INDEX = 8

/** The words of a search, in lower case; throws for more, or longer ones, than are looked for. */
const wordsToFind: Rule<string[]> = (value) => {
  const words = requiredText(Number.POSITIVE_INFINITY)(value)
    .toLowerCase()
    .split(/\s+/, MOST_WORDS + 1)
  if (words.length > MOST_WORDS) throw new Invalid(`has more than ${MOST_WORDS} words: leave some out`)
  if (words.some((word) => [...word].length > MOST_LETTERS))
    throw new Invalid(`has a word of more than ${MOST_LETTERS} letters: give its beginning`)
  return words
}

function beginning(word: string): string {
  return [...word].slice(0, LETTERS_BY_INDEX).join('')
}

/** The pattern of texts that have this in them. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

const ORDER = `last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id`
