import type { Read } from '../database/read.ts'
import { type Conditions, type Lister, type Listing, lister } from './list.ts'
import type { Page } from './page.ts'

/** A list of rows in the order of an index: a page begins after the keys of the last row of the one before. */
export type KeysetListing<Answer> = Listing<Answer> & {
  /** What rows there are, as `select * from guest`; conditions follow. */
  readonly rows: string
  /** The SQL expressions of the sort keys, each with the type of its parameter unless that is known. */
  readonly order: readonly (readonly [expression: string, type?: string])[]
  /** Whether the last come first. */
  readonly isDescending?: boolean
}

/** People by last name (absent last), first name, id. */
export const BY_LAST_NAME: Pick<KeysetListing<unknown>, 'keysOf' | 'order'> = {
  keysOf: (column) => [column('last_name') === null, column('last_name') ?? '', column('first_name'), column('id')],
  order: [
    ['last_name is null', 'boolean'],
    [`coalesce(last_name, '') collate "und-x-icu"`],
    ['first_name collate "und-x-icu"'],
    ['id', 'uuid'],
  ],
}

/** Lists rows by conditions, in their order. */
export type KeysetLister<Answer> = Lister<Answer> & {
  /** The answer with the page of the rows for which the conditions hold; these begin as `conditions(page.limit)`. */
  matching(read: Read, page: Page, where: Conditions, signal: AbortSignal): Promise<Answer>
}

/** Makes the KeysetLister of a list. */
export function keysetLister<Answer extends { next_page_token: string }>(
  listing: KeysetListing<Answer>,
): KeysetLister<Answer> {
  const { rows, order, isDescending = false } = listing
  const listed = lister(listing)
  const keys = order.map(([expression]) => expression)
  const by = keys.map((key) => (isDescending ? `${key} desc` : key)).join(', ')
  const typed = (place: string, index: number) => {
    const type = order[index]?.[1]
    return type === undefined ? place : `${place}::${type}`
  }
  const isBeyond = (...places: string[]) =>
    `(${keys.join(', ')}) ${isDescending ? '<' : '>'} (${places.map(typed).join(', ')})`
  return {
    ...listed,
    matching(read, page, where, signal) {
      if (page.after !== undefined) where.add(isBeyond, ...page.after)
      const statement = listed.statement(`(${rows} ${where.text()} order by ${by} limit $1) found`)
      return listed.answer(read, page, { statement, parameters: where.parameters }, signal)
    },
  }
}
