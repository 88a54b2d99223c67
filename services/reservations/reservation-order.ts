import { Invalid, type Rule } from '@hotel/runtime/resource/valid'

/** What reservations can be ordered by: columns that those of a location have an index by, with the type of each. */
const COLUMNS = { in_date: 'date', out_date: 'date', update_time: 'timestamptz' } as const

/** One of these columns. */
export type OrderColumn = keyof typeof COLUMNS

/** An order of reservations: by a column, then by id. */
export type Order = { readonly column: OrderColumn; readonly isDescending: boolean }

const FORM = new RegExp(`^ *(${Object.keys(COLUMNS).join('|')})(?: +(asc|desc))? *$`)

/** An order as it is written: https://google.aip.dev/132#ordering */
export const orderBy: Rule<Order> = (value) => {
  const [, column, direction] = FORM.exec(String(value)) ?? []
  if (column === undefined)
    throw new Invalid(
      `is not an order: give one of ${Object.keys(COLUMNS).join(', ')}, with " desc" for the latest first`,
    )
  return { column: column as OrderColumn, isDescending: direction === 'desc' }
}

/** The order in SQL. */
export function inSql({ column, isDescending }: Order): string {
  return isDescending ? `${column} desc, id desc` : `${column}, id`
}

/** The condition that a row comes after the one with these values of its column and id. */
export function afterIn({ column, isDescending }: Order, value: string, id: string): string {
  return `(${column}, id) ${isDescending ? '<' : '>'} (${value}::${COLUMNS[column]}, ${id}::uuid)`
}
