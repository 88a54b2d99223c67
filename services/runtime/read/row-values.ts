/**
 * Milliseconds since 1970 of a timestamptz as Postgres writes it, in the ISO style; what is less than a millisecond is left
 * out. https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT
 */
export function momentOf(text: string): number {
  // As nearly all are: 2026-01-31 12:00:00.123456+00, with a fraction of up to six digits, or without one.
  const zone = text.length - 3
  const isUsual = zone >= 19 && text.charCodeAt(10) === SPACE && text.charCodeAt(0) !== ZERO && text.endsWith('+00')
  if (!isUsual) return anyMoment(text)
  let thousandths = 0
  for (let at = 20; at < 23; at++) thousandths = thousandths * 10 + (at < zone ? digit(text, at) : 0)
  return Date.UTC(
    digits(text, 0) * 100 + digits(text, 2),
    digits(text, 5) - 1,
    digits(text, 8),
    digits(text, 11),
    digits(text, 14),
    digits(text, 17),
    thousandths,
  )
}

const SPACE = 0x20
const ZERO = 0x30

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO
}

/** The number of two digits. */
function digits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

const MOMENT = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/

/** In another time zone, or a year of more than four digits or before Christ. */
function anyMoment(text: string): number {
  const parts = MOMENT.exec(text)
  if (parts === null) throw new Error('a timestamptz that is not of the ISO style')
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours, minutes = 0, seconds = 0, isBefore] =
    parts
  // Date.UTC takes the years 0 to 99 for those of the century before this one.
  const date = new Date(0)
  date.setUTCFullYear(isBefore === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(`${fraction}000`.slice(0, 3)))
  const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
  return sign === '+' ? date.getTime() - offset : date.getTime() + offset
}

/** The elements of an array of texts or ids as Postgres writes it, none of which is null. */
export function textsOf(text: string): string[] {
  if (text === '{}') return []
  if (!text.includes('"')) return text.includes(',') ? text.slice(1, -1).split(',') : [text.slice(1, -1)]
  if (text.startsWith('{"') && text.endsWith('"}') && !text.includes('\\')) {
    const quoted = text.slice(2, -2).split('","')
    if (quoted.every((each) => !each.includes('"'))) return quoted
  }
  return [...text.matchAll(ELEMENT)].map(([, quoted, plain = '']) => quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain)
}

const ELEMENT = /[{,](?:"((?:[^"\\]|\\.)*)"|([^",{}]+))/gs
