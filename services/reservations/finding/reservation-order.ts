import { matching, type Rule } from '@hotel/runtime/call/valid'

/** The columns that reservations can be ordered by, with their types: each location has an index for each. */
const COLUMNS = { in_date: 'date', out_date: 'date', update_time: 'timestamptz' } as const

/** One of these columns. */
export type OrderColumn = keyof typeof COLUMNS

/** An order of reservations: by a column, then by id. */
export type Order = { readonly column: OrderColumn; readonly isDescending: boolean }

const anOrder = matching('order')

/** An order as it is written, with spaces where there may be some: https://google.aip.dev/132#ordering */
export const orderBy: Rule<Order> = (value) => {
  const [column, direction] = anOrder(String(value).replaceAll(/ +/g, ' ').replaceAll(/^ | $/g, '')).split(' ')
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
