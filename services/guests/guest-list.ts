import { type ListGuestsRequest, ListGuestsResponse } from '@hotel/proto/hotel/guests/v1/guests'
import { hotelFilter, isOfHotels, isOneOrEvery } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { folded } from '@hotel/runtime/resource/folded'
import { LOWEST_ID } from '@hotel/runtime/resource/id'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { trimmed } from '@hotel/runtime/resource/text-rules'
import { Invalid, optional, type Rule, valid } from '@hotel/runtime/resource/valid'
import { GUEST_SIZE, guestRow } from './guest.ts'

const guests = lister({
  answer: ListGuestsResponse,
  field: 'guests',
  row: guestRow,
  size: GUEST_SIZE,
  keysOf: (column) => [column('last_name') === null, column('last_name') ?? '', column('first_name'), column('id')],
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
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  for (const word of query ?? []) {
    where.add((given) => `search like containing(${given}, ${LETTERS_BY_INDEX})`, word)
    // No expression of an index: the word whole.
    if (!isShort(word)) where.add((given) => `(search || '') like containing(${given}, ${MOST_LETTERS})`, word)
  }
  if (page.after !== undefined)
    where.add(
      (none, last, first, id) => `(${ORDER}) > (${none}::boolean, ${last}, ${first}, ${id}::uuid)`,
      ...page.after,
    )
  const statement = guests.statement(`(select * from guest ${where.text()} order by ${ORDER} limit $1) found`)
  return guests.answer(read, page, { statement, parameters: where.parameters }, signal)
}

const MOST_WORDS = 5
const MOST_LETTERS = 64
/**
 * The letters of a word that the index is asked for: it has a list of guests for each three letters, and reads as many lists.
 * More seldom find fewer guests.
 */
const LETTERS_BY_INDEX = 8

/** The words of a search; throws for more, or longer ones, than are looked for, and for one of accents alone. */
const wordsToFind: Rule<string[]> = (value) => {
  const words = trimmed(value as string, Number.POSITIVE_INFINITY).split(/\s+/, MOST_WORDS + 1)
  if (words.length > MOST_WORDS) throw new Invalid(`has more than ${MOST_WORDS} words: leave some out`)
  if (words.some((word) => [...word].length > MOST_LETTERS))
    throw new Invalid(`has a word of more than ${MOST_LETTERS} letters: give its beginning`)
  if (words.some((word) => folded(word) === '')) throw new Invalid('has a word of accents alone: leave it out')
  return words
}

/** Whether a word is looked for whole by the index; what is not ASCII may be longer as it is compared. */
function isShort(word: string): boolean {
  return word.length <= LETTERS_BY_INDEX && /^\p{ASCII}*$/u.test(word)
}

const ORDER = `last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id`
