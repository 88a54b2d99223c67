import { Problem } from '../../stack/setup/problem.mjs'
import { visible } from '../source/folding.ts'
import type { Kind } from '../source/kind.ts'

/** What header cells are called here: names of columns, of which a file has the one that its kind has; an empty one leaves it out. */
export type ColumnNames = ReadonlyMap<string, readonly string[]>

/** Columns of the API that an import cannot keep, and those of a report of refused lines. */
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
  const known = [...Object.keys(kind.columns), ...kind.more]
  const said = (cell: string) => names.get(headerName(cell))?.find((name) => name === '' || known.includes(name))
  const cells = header.slice(0, header.findLastIndex((cell) => visible(cell) !== '') + 1)
  const columns = cells.map((cell) => said(cell) ?? headerName(cell))
  const all = `The columns of ${kind.name} are: ${known.join(', ')}.`
  if (columns.length === 0) throw new Problem(`${title} is empty: its first line names the columns. ${all}`)
  const unknown = cells.find((cell, index) => !isUnderstood(columns[index] ?? '', said(cell), known))?.trim()
  if (unknown !== undefined)
    throw new Problem(
      `${title} has a column "${unknown}", which ${kind.name} do not have: rename or remove it, map it (\`--map "${unknown}=column"\`) or leave it out (\`--map "${unknown}="\`). ${all}`,
    )
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index)
  if (twice !== undefined) throw new Problem(`${title} has the column "${twice}" twice: remove one.`)
  const missing = kind.required.find((name) => !columns.includes(name))
  if (missing !== undefined)
    throw new Problem(`${title} has no column "${missing}": add it, or name it by --map. ${all}`)
  if (kind.name === 'reservations' && !columns.includes('rooms') && !columns.includes('room'))
    throw new Problem(`${title} has no column "rooms": add it, or "room". ${all}`)
  return columns.map((name) => (IGNORED.test(name) ? '' : name))
}

function isUnderstood(name: string, said: string | undefined, known: readonly string[]): boolean {
  return said === '' || known.includes(name) || IGNORED.test(name)
}
