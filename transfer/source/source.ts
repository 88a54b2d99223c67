import { type Refused, Unusable } from '../sending/problems.ts'
import { derivedId } from './ids.ts'
import type { Cells, Kind, KindName } from './kind.ts'
import { kindOf } from './kinds.ts'
import type { Reading } from './reading.ts'
import type { References } from './references.ts'

/** One line of a file, or one object of a dump. */
export type Line = {
  /** Its number in the file, from 1, as an editor shows it; or the place of the object. */
  readonly number: number
  readonly cells: Cells
  /** Why it cannot even be read. */
  readonly refused?: Refused
  /** Then, what stands there. */
  readonly text?: string
}

/** Lines of one kind of resource. */
export type Source = {
  /** What a person calls it: the name of the file. */
  readonly title: string
  readonly kind: KindName
  /** The columns of its report of refused lines. */
  readonly columns: readonly string[]
  /** Where that report is put. */
  readonly report: string
  lines(): AsyncIterable<Line>
  /** How much of it has been read, from 0 to 1. */
  readonly done: () => number
  /** How many lines without content were passed over. */
  readonly blankLines: () => number
}

/** A resource as its service takes it; throws an Unusable for a line of which none can be made. */
export async function messageOf(
  line: Line,
  source: Source,
  references: References,
  reading: Reading,
): Promise<Record<string, unknown>> {
  if (line.refused !== undefined) throw new Unusable(line.refused.reason, line.refused.fields, line.refused.message)
  const kind = kindOf(source.kind)
  const resolved = await kind.resolve(line.cells, references)
  const own = kind.reading?.(line.cells, reading) ?? reading
  const fields: Record<string, unknown> = {}
  for (const [name, column] of Object.entries(kind.columns)) {
    const cell = line.cells[name]
    if (cell !== undefined && !(name in resolved)) fields[name] = column.read(cell, name, own)
  }
  const id = fields.id ?? (await kind.identify(line.cells, resolved, references)) ?? placeId(kind, line)
  return shaped(kind, { ...fields, ...resolved, id })
}

/** The id of a line that names nothing of its own: of its content and place, so that the same file makes it once. */
function placeId(kind: Kind, { number, cells }: Line): string {
  const own = Object.entries(cells).filter(([column]) => !column.startsWith('refused_'))
  return derivedId(kind.name, 'line', String(number), JSON.stringify(own.sort()))
}

/** A reservation travels with its legs beside it. */
function shaped({ name }: Kind, { legs, ...message }: Record<string, unknown>): Record<string, unknown> {
  return name === 'reservations' ? { reservation: message, legs: legs ?? [] } : message
}
