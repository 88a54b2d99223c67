import { textOf } from './csv-text.ts'

/** Larger than any line that could be right: a quote that is never closed does not fill the memory. */
const MOST_CHARACTERS = 256 * 1024
/** The part of a line that cannot be read which is kept for the report. */
const KEPT_CHARACTERS = 4 * 1024

/** A record of a file, or a line that is none. */
export type CsvRecord = {
  /** The line on which it begins, from 1, as an editor shows it. */
  readonly number: number
  /** Its cells; of a line that is none, what stands between its delimiters. */
  readonly cells: readonly string[]
  /** Why the line is no record. */
  readonly wrong?: string
  /** Then, the line as it stands in the file. */
  readonly text?: string
}

/** What begins at some place of a text: a record or a wrong line, and how much of the text that is. */
type Found = Omit<CsvRecord, 'number'> & { readonly end: number; readonly lineBreaks: number }

/**
 * The records of a CSV file (RFC 4180), with any line ends: CR LF, LF, CR, or all of them. A line with a quote out of
 * place is given as wrong, and the next line is a record again: the lines that an unclosed quote would swallow are read again. That is why
 * the reader is our own: csv-parse ends there, or goes on within the quotes.
 */
export async function* csvRecords(
  file: string,
  delimiter: string,
  progress?: (bytes: number) => void,
): AsyncGenerator<CsvRecord> {
  const find = finder(delimiter)
  let [text, at, number] = ['', 0, 1]
  const next = (isAll: boolean): CsvRecord | undefined => {
    const found = find(text, at, isAll)
    if (found === undefined) return undefined
    const { end, lineBreaks, ...record } = found
    const begun = number
    at = end
    number += lineBreaks
    return { number: begun, ...record }
  }
  for await (const more of textOf(file, progress)) {
    text = shortened(text.slice(at)) + more
    at = 0
    for (let record = next(false); record !== undefined; record = next(false)) yield record
  }
  for (let record = next(true); record !== undefined; record = next(true)) yield record
}

/** Of a line that is too long already, so much that it stays so. */
function shortened(text: string): string {
  return text.length > 2 * MOST_CHARACTERS && !/[\r\n]/.test(text) ? text.slice(0, MOST_CHARACTERS + 1) : text
}

/** Gives what begins at a place of a text; undefined when the text ends before that is known, unless it is all. */
function finder(delimiter: string): (text: string, at: number, isAll: boolean) => Found | undefined {
  const escaped = delimiter.replace(/[\\\]^-]/, '\\$&')
  const bare = new RegExp(`[^"\\r\\n${escaped}]*`, 'y')
  return (text, from, isAll) => {
    if (from === text.length) return undefined
    const cells: string[] = []
    let lineBreaks = 1
    // A mark in the middle of a file is left of another one that was appended to it.
    let at = text[from] === '\uFEFF' ? from + 1 : from
    for (;;) {
      if (text[at] === '"') {
        const cell = quoted(text, at)
        if (cell === undefined && !isAll && text.length - from <= MOST_CHARACTERS) return undefined
        if (cell === undefined) return wrongLine(text, from, isAll, UNCLOSED)
        cells.push(cell.value)
        if (cell.value.includes('\n') || cell.value.includes('\r')) lineBreaks += lineBreaksIn(cell.value)
        at = cell.end
      } else {
        bare.lastIndex = at
        const [value = ''] = bare.exec(text) ?? []
        cells.push(value)
        at += value.length
        if (text[at] === '"') return wrongLine(text, from, isAll, STRAY)
      }
      if (at - from > MOST_CHARACTERS) return wrongLine(text, from, isAll, UNCLOSED)
      if (at === text.length) return isAll ? { cells, end: at, lineBreaks } : undefined
      const end = lineBreakAt(text, at, isAll)
      if (end === 'UNKNOWN') return undefined
      if (end !== undefined) return { cells, end, lineBreaks }
      if (text[at] !== delimiter) return wrongLine(text, from, isAll, lineBreaks > 1 ? UNCLOSED : FOLLOWED)
      at += 1
    }
  }

  /** The line that begins there, and nothing of the next one. */
  function wrongLine(text: string, from: number, isAll: boolean, wrong: string): Found | undefined {
    const length = text.slice(from).search(/[\r\n]/)
    if (length < 0 && !isAll) return undefined
    const at = length < 0 ? text.length : from + length
    const end = length < 0 ? at : lineBreakAt(text, at, isAll)
    if (end === 'UNKNOWN' || end === undefined) return undefined
    const line = text.slice(from, Math.min(at, from + KEPT_CHARACTERS)).replace(/^\uFEFF/, '')
    const isTooLong = at - from > MOST_CHARACTERS
    return { cells: line.split(delimiter), wrong: isTooLong ? TOO_LONG : wrong, text: line, end, lineBreaks: 1 }
  }
}

const STRAY = 'has a quote within a cell: write it twice and put the cell in quotes'
const FOLLOWED = 'has a quote within a quoted cell: write it twice'
const UNCLOSED = 'has a quote that is not closed: close it, or write it twice and put the cell in quotes'
const TOO_LONG = `is longer than ${MOST_CHARACTERS / 1024} KiB: shorten it`

/** A cell in quotes, with what is after it; undefined when it is not closed. */
function quoted(text: string, from: number): { value: string; end: number } | undefined {
  let value = ''
  let begin = from + 1
  for (;;) {
    const close = text.indexOf('"', begin)
    if (close < 0) return undefined
    if (text[close + 1] !== '"') return { value: value + text.slice(begin, close), end: close + 1 }
    value += text.slice(begin, close + 1)
    begin = close + 2
  }
}

/** What is after a line break; undefined where there is none. A CR at the end may be half of one. */
function lineBreakAt(text: string, at: number, isAll: boolean): number | undefined | 'UNKNOWN' {
  if (text[at] === '\n') return at + 1
  if (text[at] !== '\r') return undefined
  if (at + 1 === text.length && !isAll) return 'UNKNOWN'
  return text[at + 1] === '\n' ? at + 2 : at + 1
}

function lineBreaksIn(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0
}
