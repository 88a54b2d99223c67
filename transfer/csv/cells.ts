import type { Leg } from '@hotel/proto/hotel/transfer/v1/transfer'
import { invalid } from '../sending/problems.ts'
import { uuidOf, visible } from '../source/folding.ts'
import type { Reading } from '../source/reading.ts'

/** How a field of a message is written in a cell; an absent one is an empty cell. */
export type Column = {
  read(cell: string, name: string, reading: Reading): unknown
  write(value: unknown): string
}

/** A text, as it is. */
export const text: Column = { read: (cell) => cell, write: String }

/** An id: a UUID in any case, with braces or without. What is none is left to the service, which refuses it. */
export const id: Column = { read: (cell) => uuidOf(cell) ?? cell, write: String }

/** A whole number, perhaps with zeros behind its decimal point or comma; three of them would be one thousand elsewhere. */
export const integer: Column = {
  read(cell, name) {
    const [, whole] = /^([+-]?\d{1,9})(?:[.,](?:0{0,2}|0{4,}))?$/.exec(visible(cell)) ?? []
    if (whole === undefined) throw invalid(name, `"${cell}" is not a whole number`)
    return Number(whole)
  },
  write: String,
}

/** An instant of RFC 3339, kept to the millisecond. */
export const instant: Column = {
  read(cell, name) {
    try {
      return new Date(Temporal.Instant.from(visible(cell)).epochMilliseconds)
    } catch {
      throw invalid(
        name,
        `"${cell}" is not a time with its offset, such as 2026-07-01T15:04:05Z or 2026-07-01T17:04:05+02:00`,
      )
    }
  },
  write: (value) => (value as Date).toISOString(),
}

/** One of an enum's names, in any case, with hyphen, underscore or blank. */
export function nameOf(codes: Readonly<Record<string, number>>): Column {
  const names = Object.keys(codes).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED')
  return {
    read(cell, name) {
      const known = names.find((one) => one === visible(cell).toUpperCase().replaceAll(/[\s-]/g, '_'))
      if (known === undefined) throw invalid(name, `"${cell}" is not one of ${names.join(', ')}`)
      return codes[known]
    },
    write: (value) => names.find((name) => codes[name] === value) ?? '',
  }
}

/** Several texts, with a semicolon between. */
export const list: Column = {
  read: (cell) => cell.split(';').map((item) => item.trim()),
  write: (value) => (value as string[]).join(';'),
}

/** Legs: `room in_date out_date`, with a semicolon between. */
export const legs: Column = {
  read: (cell, name) =>
    cell.split(';').map((leg) => {
      const [room, in_date, out_date, ...more] = leg.trim().split(/\s+/)
      if (room === undefined || in_date === undefined || out_date === undefined || more.length > 0)
        throw invalid(name, 'is not of the form `room in_date out_date; …`, as in an export')
      return { room: uuidOf(room) ?? room, in_date, out_date }
    }),
  write: (value) => (value as Leg[]).map((leg) => `${leg.room} ${leg.in_date} ${leg.out_date}`).join(';'),
}

/** What a spreadsheet would take for a formula, and what `guarded` has made of one. */
const FORMULA = /^'*[=+\-@\t\r]/

/**
 * A cell that no spreadsheet runs as a formula (OWASP, CSV injection): it begins with an apostrophe. A spreadsheet
 * so keeps +41 44 668 18 00 as it is, too.
 */
export function guarded(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell
}

/** The cell before it was guarded. */
export function unguarded(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}
