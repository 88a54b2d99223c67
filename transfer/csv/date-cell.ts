import { invalid } from '../sending/problems.ts'
import { visible } from '../source/folding.ts'
import type { Reading } from '../source/reading.ts'
import type { Column } from './cells.ts'

/** A time of day at the end, which databases write where they keep dates as times; only midnight is a date. */
const TIME = /(?:T|\s)(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[ap]m)?)\s?(?:z|utc|[+-]\d\d(?::?\d\d)?)?$/i
const MIDNIGHT = /^(?:0?0:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s?am)$/i
const YEAR_FIRST = /^(\d{4})([-./])(\d{1,2})\2(\d{1,2})$/
const YEAR_LAST = /^(\d{1,2})([-./])\s?(\d{1,2})\2\s?(\d{4})$/

/**
 * A calendar date: YYYY-MM-DD, with a time of midnight too, or day and month before the year, as 31.01.2026 or 1/31/2026,
 * where only one order gives a date or the reading says which it is. Others are left to the service, which refuses them.
 */
export const date: Column = {
  read(cell, name, reading) {
    const text = visible(cell)
    const time = TIME.exec(text)
    if (time !== null && !MIDNIGHT.test(time[1] ?? ''))
      throw invalid(name, `"${text}" has a time of day: give the date alone, such as 2026-07-01`)
    const alone = time === null ? text : text.slice(0, time.index)
    const [, year = '', , month = '', day = ''] = YEAR_FIRST.exec(alone) ?? []
    if (year !== '') return written(year, month, day)
    const [, first = '', , second = '', last = ''] = YEAR_LAST.exec(alone) ?? []
    return last === '' ? alone : yearLast(name, text, [first, second, last], reading)
  },
  write: String,
}

function yearLast(name: string, text: string, [first, second, year]: [string, string, string], { dates }: Reading) {
  const dayFirst = written(year, second, first)
  const monthFirst = written(year, first, second)
  if (dates !== undefined) return dates === 'dmy' ? dayFirst : monthFirst
  const sound = [...new Set([dayFirst, monthFirst])].filter(exists)
  if (sound.length > 1)
    throw invalid(
      name,
      `"${text}" may be ${sound.join(' or ')}: choose by --dates dmy (day first) or --dates mdy (month first), or write it in the form 2026-07-01`,
    )
  return sound[0] ?? dayFirst
}

function written(year: string, month: string, day: string): string {
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

function exists(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}
