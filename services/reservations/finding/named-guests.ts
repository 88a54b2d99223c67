import { MOST_LETTERS } from '@hotel/runtime/resource/search-words'

/**
 * The FROM item, under the name of their table, of the reservations of those guests of whom a condition holds. Guests are looked
 * for as if all of them were wanted, which an index of words is best for; then each has its reservations looked up, as it is not
 * known before how few there are.
 */
export const reservationsOf = (whereGuests: string) => `(
  with named as materialized (select hotel_id, id from guest ${whereGuests})
  select r.* from named g cross join lateral (
    select * from reservation t where t.hotel_id = g.hotel_id and t.guest_id = g.id offset 0) r) reservation`

/** The condition that a reservation's guest has all words in the name; the words are in these parameters. */
export function isOfNamed(...words: readonly string[]): string {
  const has = words.map((word) => `g.search like containing(${word}, ${MOST_LETTERS})`)
  return `(select ${has.join(' and ')} from guest g
    where g.hotel_id = reservation.hotel_id and g.id = reservation.guest_id limit 1)`
}
