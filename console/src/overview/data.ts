import { queryOptions } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { addDays, dayNumber } from '../api/dates.ts'

const NIGHTS_AHEAD = 28
const DAYS_AHEAD = 14
const DAYS_BACK = 90
/** More are not counted: the page says so. */
export const MOST_COUNTED = 5_000

type Night = { readonly night: string; readonly total: number; readonly held: number }
type TypeNights = { readonly room_type?: string; readonly name: string; readonly nights: readonly Night[] }
type Reservation = {
  readonly in_date: string
  readonly out_date: string
  readonly delete_time?: string
  readonly cause?: string
  readonly hold_until?: string
}
type Query = Record<string, string>

/** How many rooms of each type are held, of each of the next nights. */
export const occupancyQuery = (location: string, today: string) =>
  queryOptions({
    queryKey: ['overview', 'occupancy', location, today],
    queryFn: ({ signal }) =>
      all<TypeNights>(
        '/room_type_availability',
        'room_types',
        { location, in_date: today, out_date: addDays(today, NIGHTS_AHEAD) },
        signal,
      ),
  })

/** How many come and leave on each of the next days. */
export const flowQuery = (location: string, today: string) =>
  queryOptions({
    queryKey: ['overview', 'flow', location, today],
    queryFn: async ({ signal }) => {
      const end = addDays(today, DAYS_AHEAD)
      const [arriving, departing] = await Promise.all([
        all<Reservation>('/reservations', 'reservations', { location, arriving_from: today, arriving_to: end }, signal),
        all<Reservation>(
          '/reservations',
          'reservations',
          { location, departing_from: today, departing_to: end },
          signal,
        ),
      ])
      return Array.from({ length: DAYS_AHEAD }, (_, days) => {
        const date = addDays(today, days)
        const count = (rows: readonly Reservation[], field: 'in_date' | 'out_date') =>
          rows.filter((row) => row[field] === date).length
        return { date, arrivals: count(arriving, 'in_date'), departures: count(departing, 'out_date') }
      })
    },
  })

export type Lead = 'after' | 'day' | 'week' | 'month' | 'later'

/** What was cancelled or lapsed in the last days, with its cause and how long before the first day. */
export const cancellationsQuery = (location: string, today: string, timeZoneDate: (moment: string) => string) =>
  queryOptions({
    queryKey: ['overview', 'cancellations', location, today],
    queryFn: async ({ signal }) => {
      const query = {
        location,
        show_deleted: 'true',
        deleted_from: addDays(today, -DAYS_BACK),
        deleted_to: addDays(today, 1),
      }
      const rows = await all<Reservation>('/reservations', 'reservations', query, signal)
      return rows.map((row) => ({
        cause: row.cause ?? (row.hold_until === undefined ? 'unknown' : 'lapsed'),
        lead: leadOf(dayNumber(row.in_date) - dayNumber(timeZoneDate(row.delete_time ?? ''))),
      }))
    },
  })

function leadOf(days: number): Lead {
  if (days < 0) return 'after'
  if (days === 0) return 'day'
  if (days <= 7) return 'week'
  return days <= 30 ? 'month' : 'later'
}

async function all<T>(path: string, property: string, query: Query, signal: AbortSignal): Promise<readonly T[]> {
  const found: T[] = []
  let page_token = ''
  do {
    const page = await call<Record<string, unknown>>(
      { method: 'GET', path, query: { ...query, page_size: '500', page_token } },
      signal,
    )
    found.push(...((page[property] ?? []) as T[]))
    page_token = String(page.next_page_token ?? '')
  } while (page_token !== '' && found.length < MOST_COUNTED)
  return found
}
