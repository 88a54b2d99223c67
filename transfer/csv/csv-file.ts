import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../../stack/setup/problem.mjs'
import type { Refused } from '../sending/problems.ts'
import { reportOf } from '../sending/refused-file.ts'
import { visible } from '../source/folding.ts'
import type { Kind, KindName } from '../source/kind.ts'
import { kindOf } from '../source/kinds.ts'
import type { Line, Source } from '../source/source.ts'
import { unguarded } from './cells.ts'
import { type ColumnNames, columnsOf } from './csv-header.ts'
import { type CsvRecord, csvRecords } from './csv-records.ts'
import { textOf } from './csv-text.ts'

const DELIMITERS = [',', ';', '\t']
const MOST_OF_HEADER = 64 * 1024
/** What decoding leaves of bytes that are none of the file's encoding. */
const UNDECODABLE = '\uFFFD'

/** Opens a CSV file, whose columns may be called otherwise; throws a Problem for one whose header is not that of its kind. */
export async function openCsv(file: string, name: KindName, names: ColumnNames = new Map()): Promise<Source> {
  const kind = kindOf(name)
  const title = path.basename(file)
  const { size } = await stat(file)
  const form = await formOf(file, title)
  const columns = columnsOf(form.header, names, kind, title)
  let [bytes, blank] = [0, 0]
  const done = () => (size === 0 ? 1 : bytes / size)
  async function* lines(): AsyncGenerator<Line> {
    blank = 0
    for await (const record of csvRecords(file, form.delimiter, (read) => (bytes = read))) {
      if (record.number <= form.headerLine) continue
      if (isBlank(record)) blank += 1
      else yield lineOf(record, columns, form, kind)
    }
  }
  return {
    title,
    kind: name,
    columns: columns.filter((column) => column !== ''),
    report: reportOf(file),
    lines,
    done,
    blankLines: () => blank,
  }
}

/** How a file is written, and what its columns are called. */
type Form = { readonly delimiter: string; readonly header: readonly string[]; readonly headerLine: number }

async function formOf(file: string, title: string): Promise<Form> {
  const { delimiter, isSaid } = await delimiterOf(file)
  for await (const record of csvRecords(file, delimiter)) {
    if (isBlank(record) || (isSaid && record.number === 1)) continue
    if (record.wrong !== undefined) throw new Problem(`The header of ${title}, line ${record.number}, ${record.wrong}.`)
    return { delimiter, header: record.cells, headerLine: record.number }
  }
  return { delimiter, header: [], headerLine: 0 }
}

/** The delimiter of the header, as spreadsheets write a semicolon where the comma is that of decimals; or what `sep=` says. */
async function delimiterOf(file: string): Promise<{ delimiter: string; isSaid: boolean }> {
  let text = ''
  for await (const piece of textOf(file)) {
    text += piece
    if (text.length > MOST_OF_HEADER || /\S[^\r\n]*[\r\n]/.test(text)) break
  }
  const said = /^"?sep=([^"\r\n])/i.exec(text)?.[1]
  if (said !== undefined) return { delimiter: said, isSaid: true }
  const header = /^[\s,;]*([^\r\n]*)/.exec(text)?.[1] ?? ''
  const counts = DELIMITERS.map((delimiter) => header.replaceAll(/"[^"]*"/g, '').split(delimiter).length)
  return { delimiter: DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',', isSaid: false }
}

/** Spreadsheets write rows of delimiters where cells once were. */
function isBlank({ cells, wrong }: CsvRecord): boolean {
  return wrong === undefined && cells.every((cell) => visible(cell) === '')
}

function lineOf(record: CsvRecord, columns: readonly string[], { header, delimiter }: Form, { required }: Kind): Line {
  const { number, cells, wrong, text = cells.join(delimiter) } = record
  const named: Record<string, string> = {}
  for (const [index, column] of columns.entries()) {
    const cell = unguarded((cells[index] ?? '').trim())
    if (column !== '' && visible(cell) !== '') named[column] = cell
  }
  const cutOff = columns.slice(cells.length).find((column) => required.includes(column))
  const refused =
    wrong === undefined ? (wrongCells(cells, named, columns, header) ?? endsBefore(cutOff)) : malformed(wrong)
  return refused === undefined ? { number, cells: named } : { number, cells: named, refused, text }
}

/** What is wrong with a record. One that ends early has no more cells; more than the header names are nobody's. */
function wrongCells(
  cells: readonly string[],
  named: Readonly<Record<string, string>>,
  columns: readonly string[],
  header: readonly string[],
): Refused | undefined {
  if (cells.slice(columns.length).some((cell) => visible(cell) !== ''))
    return malformed(`has ${cells.length} cells, the header has ${columns.length}`)
  const broken = Object.keys(named).filter((column) => named[column]?.includes(UNDECODABLE))
  if (broken.length > 0) return undecodable(broken)
  const isHeader = header.every((cell, index) => cell.trim() === (cells[index] ?? '').trim())
  return isHeader ? malformed('is the header again: remove it') : undefined
}

/** A required cell may be empty in some rows, but is not left out by chance. */
function endsBefore(column: string | undefined): Refused | undefined {
  return column === undefined ? undefined : malformed(`ends before its ${column}: give a value or an empty cell`)
}

function malformed(message: string): Refused {
  return { reason: 'MALFORMED_LINE', fields: [], message: `the line ${message}` }
}

function undecodable(fields: string[]): Refused {
  const message = `${fields.join(', ')}: not UTF-8: save the file as "CSV UTF-8"`
  return { reason: 'MALFORMED_LINE', fields, message }
}
