import { Problem } from '../stack/setup/problem.mjs'
import { visible } from './folding.ts'
import type { Kind } from './kinds.ts'

/** What a file's header cells are called here: a column's name, or nothing for one that is left out. */
export type ColumnNames = ReadonlyMap<string, string>

/** Columns of the API that an import can not keep, and those of a report of refused lines. */
const IGNORED = /^(update_time|etag|refused_\w+)$/

/** A header cell or the name of a column, as they are compared. */
export function headerName(cell: string): string {
  return visible(cell)
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
}

/**
 * The names of the columns in their order, an empty one for a column that is passed over; throws a Problem that says what is
 * wrong with them.
 */
export function columnsOf(header: readonly string[], names: ColumnNames, kind: Kind, title: string): string[] {
  const given = header.map((cell) => names.get(headerName(cell)) ?? headerName(cell))
  const columns = given.slice(0, given.findLastIndex((name) => name !== '') + 1)
  const known = [...Object.keys(kind.columns), ...kind.more]
  const all = `The columns of ${kind.name} are: ${known.join(', ')}.`
  if (columns.length === 0) throw new Problem(`${title} is empty: its first line names the columns. ${all}`)
  for (const [index, name] of columns.entries()) {
    const cell = header[index]?.trim() ?? ''
    if (known.includes(name) || IGNORED.test(name) || names.get(headerName(cell)) === '') continue
    throw new Problem(
      `${title} has a column "${cell}", which ${kind.name} do not have: rename or remove it, or say what it is by --map "${cell}=column", that it is left out by --map "${cell}=". ${all}`,
    )
  }
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index)
  if (twice !== undefined) throw new Problem(`${title} has the column "${twice}" twice: remove one.`)
  const missing = kind.required.find((name) => !columns.includes(name))
  if (missing !== undefined)
    throw new Problem(`${title} has no column "${missing}": add it, or name it by --map. ${all}`)
  if (kind.name === 'reservations' && !columns.includes('rooms') && !columns.includes('room'))
    throw new Problem(`${title} has no column "rooms": add it, or "room". ${all}`)
  return columns.map((name) => (IGNORED.test(name) ? '' : name))
}
