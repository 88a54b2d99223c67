import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { Problem } from '../../stack/setup/problem.mjs'
import { reportOf } from '../sending/refused-file.ts'
import type { Cells, KindName } from './kind.ts'
import { kindOf } from './kinds.ts'
import type { References } from './references.ts'
import type { Line, Source } from './source.ts'

/** An object of `manage.py dumpdata`. */
type Dumped = { model?: unknown; pk?: unknown; fields?: Record<string, unknown> }

/** Other things found in a dump; for a sentence at the end. */
export type Remarks = {
  /** How many objects each model has that is none of the hotel's. */
  readonly others: Map<string, number>
  /** Reservations whose guest left before `out_date`. */
  leftEarly: number
}

/** A model of the original, as a kind of resource here. */
type Part = { readonly kind: KindName; readonly model: string; cells(dumped: Dumped): Cells }

/**
 * The parts of a JSON dump of the original's database, in the order in which they are imported. What refers to others
 * comes after them, wherever it stands in the file. Where two reservations have one room for a night, the guest who
 * is in the house keeps it, then the one who was; of two that are alike, the first in the file.
 */
export async function openDump(file: string, references: References): Promise<{ sources: Source[]; remarks: Remarks }> {
  const remarks: Remarks = { others: new Map(), leftEarly: 0 }
  const zone = (await references.place(DEFAULT_LOCATION))?.time_zone ?? 'UTC'
  const { size } = await stat(file)
  const status = ({ fields }: Dumped) => String(fields?.status).toLowerCase().replace('-', '_')
  const stay = (dumped: Dumped) => reservationCells(dumped, zone, remarks)
  const first = ['checked_in', 'checked_out']
  const stays = [
    ...first.map((wanted) => (dumped: Dumped) => status(dumped) === wanted),
    (dumped: Dumped) => !first.includes(status(dumped)),
  ]
  const source = (part: Part, passes: ((dumped: Dumped) => boolean)[]): Source => {
    let bytes = 0
    const done = () => bytes / Math.max(1, size * passes.length)
    const read = (more: number) => (bytes += more)
    const lines = async function* (): AsyncGenerator<Line> {
      for (const wanted of passes) yield* linesOf(file, part, wanted, read, remarks)
    }
    const title = `${path.basename(file)} (${part.kind})`
    const columns = Object.keys(kindOf(part.kind).columns)
    return { title, kind: part.kind, columns, report: reportOf(file, part.kind), lines, done, blankLines: () => 0 }
  }
  return {
    sources: [
      source({ kind: 'rooms', model: 'room', cells: fieldCells }, [() => true]),
      source({ kind: 'guests', model: 'guest', cells: fieldCells }, [() => true]),
      source({ kind: 'reservations', model: 'reservation', cells: stay }, stays),
    ],
    remarks,
  }
}

async function* linesOf(
  file: string,
  part: Part,
  wanted: (dumped: Dumped) => boolean,
  read: (bytes: number) => void,
  remarks: Remarks,
): AsyncGenerator<Line> {
  // Each model that is not read is counted in one pass only.
  const counts = part.kind === 'rooms'
  for await (const { key, value } of objects(file, read)) {
    const model = modelOf(value)
    if (model === part.model) {
      if (wanted(value)) yield { number: key + 1, cells: part.cells(value) }
    } else if (counts && model !== 'guest' && model !== 'reservation') {
      const name = String(value.model)
      remarks.others.set(name, (remarks.others.get(name) ?? 0) + 1)
    }
  }
}

/** The objects of the array, one by one; throws a Problem for what is no dump. */
async function* objects(file: string, read: (bytes: number) => void): AsyncGenerator<{ key: number; value: Dumped }> {
  const input = createReadStream(file, { highWaterMark: 256 * 1024 })
  const parser = streamArray.withParserAsStream()
  input.on('data', (chunk) => read(chunk.length))
  input.on('error', (error) => parser.destroy(error)).pipe(parser)
  try {
    for await (const { key, value } of parser as AsyncIterable<{ key: number; value: unknown }>)
      yield { key, value: Object(value) as Dumped }
  } catch (error) {
    throw new Problem(
      `${path.basename(file)} cannot be read as a dump (${(error as Error).message}): give the complete output of \`manage.py dumpdata\`. Resources stored before stay; import it again.`,
    )
  } finally {
    input.destroy()
  }
}

/** The name of the model without that of its application. */
function modelOf({ model }: Dumped): string {
  return String(model).split('.').at(-1)?.toLowerCase() ?? ''
}

function fieldCells({ pk, fields }: Dumped): Record<string, string> {
  const cells: Record<string, string> = { id: cell(pk) }
  for (const [name, value] of Object.entries(fields ?? {})) if (value !== null) cells[name] = cell(value)
  return cells
}

/**
 * A reservation of the original has one room. Who left before `out_date` kept it there; here it is then the day of
 * leaving, by the location's calendar, as an early departure makes it.
 */
function reservationCells(dumped: Dumped, zone: string, remarks: Remarks): Cells {
  const { room, ...cells } = fieldCells(dumped)
  const { in_date = '', out_date = '', checkout_datetime, status = '' } = cells
  const left = checkout_datetime === undefined ? undefined : dateAt(checkout_datetime, zone)
  const isEarly = /^checked[-_]out$/i.test(status) && left !== undefined && left < out_date && left >= in_date
  if (isEarly) remarks.leftEarly += 1
  return { ...cells, ...(isEarly && { out_date: left }), ...(room !== undefined && { rooms: room }) }
}

/** The date of an instant; undefined when it is none, which is refused later. */
function dateAt(instant: string, zone: string): string | undefined {
  try {
    return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDate().toString()
  } catch {
    return undefined
  }
}

function cell(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
