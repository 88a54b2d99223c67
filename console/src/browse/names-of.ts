import { useEffect } from 'react'
import { call } from '../api/call.ts'
import { knownName, learnNames, wantName } from '../api/names.ts'

type Row = Readonly<Record<string, unknown>>
type Stay = { readonly guest: string; readonly first_name?: string; readonly last_name?: string }

/** More guests than these of one day are rather asked for by the list of that day's arrivals, which has their names. */
const FEW = 3
const PAUSE_MS = 60
const asked = new Set<string>()

/** Learns the names of the guests of reservations, with few calls: those of one day come by one. */
export function useNamesOf(rows: readonly Row[]): void {
  useEffect(() => {
    void learnGuests(rows.filter((row) => typeof row.guest === 'string' && typeof row.in_date === 'string'))
  }, [rows])
}

/** The same without a component. */
export async function learnGuests(reservations: readonly Row[]): Promise<void> {
  const missing = reservations.filter(({ guest }) => knownName('guests', String(guest)) === undefined)
  const days = Map.groupBy(missing, ({ in_date, location }) => `${in_date} ${location}`)
  const many = [...days].filter(([day, rows]) => rows.length > FEW && !asked.has(day))
  for (const [day] of many) asked.add(day)
  const few = [...days].filter(([, rows]) => rows.length <= FEW).flatMap(([, rows]) => rows)
  for (const { guest } of few) wantName('guests', String(guest))
  queue.push(...many.map(([day]) => day))
  if (queue.length > 0 && !working) await work()
}

const queue: string[] = []
let working = false

/** One call after the other, and not more than so many in a second: names may wait, the work of the desk may not. */
async function work(): Promise<void> {
  working = true
  for (let day = queue.shift(); day !== undefined; day = queue.shift()) {
    const [date = '', location = ''] = day.split(' ')
    const query = { date, location, page_size: '500' }
    const request = { method: 'GET', path: '/reservations/arrivals', query } as const
    const answer = await call<{ reservations: Stay[] }>(request).catch(() => undefined)
    if (answer === undefined) asked.delete(day)
    learnNames(
      'guests',
      (answer?.reservations ?? []).map((stay) => [stay.guest, fullName(stay)]),
    )
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  working = false
}

/** The name of a stay's guest; one of them may be missing. */
export function fullName({ first_name, last_name }: Pick<Stay, 'first_name' | 'last_name'>): string {
  return [first_name, last_name].filter(Boolean).join(' ')
}
