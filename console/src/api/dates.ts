/** Calendar dates are strings YYYY-MM-DD, as in the API; a day is counted in UTC, where all days have 24 hours. */
const DAY_MS = 86_400_000

/** Days since 1970-01-01. */
export function dayNumber(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
}

export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

export function addDays(date: string, days: number): string {
  return dateOf(dayNumber(date) + days)
}

/** How many nights lie between two dates; day use holds one. */
export function nightsBetween(inDate: string, outDate: string): number {
  return Math.max(1, dayNumber(outDate) - dayNumber(inDate))
}

/** The date at a location at this moment; that of UTC when the browser does not know its time zone. */
export function todayIn(timeZone: string, now = new Date()): string {
  const parts = (zone: string) =>
    new Intl.DateTimeFormat('en-u-ca-iso8601', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
      .formatToParts(now)
      .reduce<Record<string, string>>((all, { type, value }) => Object.assign(all, { [type]: value }), {})
  let found: Record<string, string>
  try {
    found = parts(timeZone)
  } catch {
    found = parts('UTC')
  }
  return `${found.year}-${found.month}-${found.day}`
}

/** A date in the reader's language; it is of the location's calendar, so no time zone moves it. */
export function formatDate(date: string, options: Intl.DateTimeFormatOptions = { dateStyle: 'medium' }): string {
  const moment = new Date(`${date}T00:00:00Z`)
  return Number.isNaN(moment.getTime()) ? date : formatter({ ...options, timeZone: 'UTC' }).format(moment)
}

/** A moment in the reader's language, in a location's time zone or the reader's own. */
export function formatMoment(moment: string, timeZone?: string): string {
  const at = new Date(moment)
  if (Number.isNaN(at.getTime())) return moment
  return formatter({ dateStyle: 'medium', timeStyle: 'short', ...(timeZone === undefined ? {} : { timeZone }) }).format(
    at,
  )
}

export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(navigator.language, options).format(value)
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Making one is slow, and a chart formats hundreds of dates. */
function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  const known = formatters.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(navigator.language, options)
  formatters.set(key, made)
  return made
}
