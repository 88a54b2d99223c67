import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'csv-parse'
import { Problem } from '../stack/setup/problem.mjs'
import { unguarded } from './cells.ts'
import { type Kind, type KindName, kindOf } from './kinds.ts'
import type { Refused } from './problems.ts'
import { reportOf } from './refused-file.ts'
import type { Line, Source } from './source.ts'

/** Larger than any line that could be right: a quote that is never closed does not fill the memory. */
const MOST_BYTES_OF_LINE = 256 * 1024
const DELIMITERS = [',', ';', '\t']
/** Columns of the API that an import can not keep, and those of a report of refused lines. */
const IGNORED = /^(update_time|etag|refused_\w+)$/
/** What decoding leaves of bytes that are no UTF-8. */
const UNDECODABLE = '\uFFFD'

/** Opens a CSV file (RFC 4180, UTF-8); throws a Problem for one whose header is not that of its kind. */
export async function openCsv(file: string, name: KindName): Promise<Source> {
  const kind = kindOf(name)
  const title = path.basename(file)
  const { size } = await stat(file)
  const delimiter = await delimiterOf(file)
  let header: string[] | undefined
  for await (const { cells } of records(file, delimiter, () => {}, 1)) header = cells
  const columns = checked(header ?? [], kind, title)
  let bytes = 0
  const done = () => (size === 0 ? 1 : bytes / size)
  const lines = () => linesOf(file, delimiter, columns, (read) => (bytes = read))
  return {
    title,
    kind: name,
    columns: columns.filter((column) => !IGNORED.test(column)),
    report: reportOf(file),
    lines,
    done,
  }
}

async function* linesOf(
  file: string,
  delimiter: string,
  columns: readonly string[],
  progress: (bytes: number) => void,
): AsyncGenerator<Line> {
  let isHeader = true
  for await (const { number, cells } of records(file, delimiter, progress)) {
    if (isHeader) isHeader = false
    else yield { number, ...read(cells, columns) }
  }
}

function read(cells: readonly string[], columns: readonly string[]): Omit<Line, 'number'> {
  const named: Record<string, string> = {}
  for (const [index, column] of columns.entries()) {
    const cell = unguarded((cells[index] ?? '').trim())
    if (cell !== '' && !IGNORED.test(column)) named[column] = cell
  }
  const surplus = cells.slice(columns.length).some((cell) => cell.trim() !== '')
  if (surplus || cells.length < columns.length)
    return { cells: named, refused: malformed(`has ${cells.length} cells, the header has ${columns.length}`) }
  const broken = Object.keys(named).filter((column) => named[column]?.includes(UNDECODABLE))
  if (broken.length > 0) return { cells: named, refused: notUtf8(broken) }
  return { cells: named }
}

function malformed(message: string): Refused {
  return { reason: 'MALFORMED_LINE', fields: [], message: `the line ${message}` }
}

function notUtf8(fields: string[]): Refused {
  const message = `${fields.join(', ')}: not UTF-8: save the file as "CSV UTF-8"`
  return { reason: 'MALFORMED_LINE', fields, message }
}

/**
 * The records of a file with the line on which each begins. Throws a Problem where the file is no CSV any more: what follows
 * a wrong quote can not be told apart.
 */
async function* records(
  file: string,
  delimiter: string,
  progress: (bytes: number) => void,
  most?: number,
): AsyncGenerator<{ number: number; cells: string[] }> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_BYTES_OF_LINE,
    ...(most !== undefined && { to: most }),
  })
  const input = createReadStream(file, { highWaterMark: 256 * 1024 })
  input.on('error', (error) => parser.destroy(error)).pipe(parser)
  // The parser's own count of lines takes a line break within quotes for two.
  let [next, empty] = [1, 0]
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      progress(info.bytes)
      const number = next + info.empty_lines - empty
      empty = info.empty_lines
      next = number + 1 + record.reduce((count, cell) => count + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
      yield { number, cells: record }
    }
  } catch (error) {
    const { code = '', bytes = 0 } = error as { code?: string; bytes?: number }
    const what = UNREADABLE[code]
    if (what === undefined) throw error
    const name = path.basename(file)
    throw new Problem(
      `Line ${await lineAfter(file, bytes)} of ${name} ${what}. Nothing after it is imported: mend it and import ${name} again.`,
    )
  } finally {
    input.destroy()
  }
}

type Info = { bytes: number; empty_lines: number }

const UNREADABLE: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'has a quote within a quoted cell: write it twice',
  INVALID_OPENING_QUOTE: 'has a quote within a cell: write it twice and put the cell in quotes',
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is never closed',
  CSV_MAX_RECORD_SIZE: `is longer than ${MOST_BYTES_OF_LINE / 1024} KiB, perhaps for a quote that is never closed`,
}

/** The number of the first line that is not empty from this place of a file on. */
async function lineAfter(file: string, bytes: number): Promise<number> {
  const [lineFeed, carriageReturn] = [10, 13]
  let [place, breaks, last] = [0, 0, 0]
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      const isBreak = byte === lineFeed || byte === carriageReturn
      if (place++ >= bytes && !isBreak) return breaks + 1
      if (isBreak && !(byte === lineFeed && last === carriageReturn)) breaks += 1
      last = byte
    }
  }
  return breaks + 1
}

/** The delimiter of the header: spreadsheets write a semicolon where the comma is that of decimals. */
async function delimiterOf(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
    const [first = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r\n|\n|\r/, 1)
    return DELIMITERS.find((delimiter) => first.includes(delimiter)) ?? ','
  } finally {
    await handle.close()
  }
}

/** The names of the columns; throws a Problem that says what is wrong with them. */
function checked(header: readonly string[], kind: Kind, title: string): string[] {
  const columns = header.map((name) => name.trim().toLowerCase())
  while (columns.at(-1) === '') columns.pop()
  const known = [...Object.keys(kind.columns), ...kind.more]
  const all = `The columns of ${kind.name} are: ${known.join(', ')}.`
  if (columns.length === 0) throw new Problem(`${title} is empty: its first line names the columns. ${all}`)
  const unknown = columns.filter((name) => !known.includes(name) && !IGNORED.test(name))
  if (unknown.length > 0)
    throw new Problem(
      `${title} has a column "${unknown[0]}", which ${kind.name} do not have: rename or remove it. ${all}`,
    )
  const twice = columns.find((name, index) => columns.indexOf(name) !== index)
  if (twice !== undefined) throw new Problem(`${title} has the column "${twice}" twice: remove one.`)
  const missing = kind.required.find((name) => !columns.includes(name))
  if (missing !== undefined) throw new Problem(`${title} has no column "${missing}": add it. ${all}`)
  if (kind.name === 'reservations' && !columns.includes('rooms') && !columns.includes('room'))
    throw new Problem(`${title} has no column "rooms": add it, or "room". ${all}`)
  return columns
}
