import { isId } from '@hotel/runtime/errors/id'
import type { Client } from 'pg'
import type { PerService } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'

/** A guest whose personal data was erased: ids only, so that the list may be kept longer than any backup. */
export type ErasedGuest = { readonly hotel: string; readonly guest: string }

/** The guests and the reservations database, as an administrator. */
export type Databases = Pick<PerService<Client>, 'guests' | 'reservations'>

/** All that was erased, by either database: one of them may be older than the other. */
export async function listErasures({ guests, reservations }: Databases): Promise<ErasedGuest[]> {
  const lists = await Promise.all([
    guests.query<ErasedGuest>('select hotel_id as hotel, guest_id as guest from erasure where standing'),
    reservations.query<ErasedGuest>('select hotel_id as hotel, guest_id as guest from erased_guest'),
  ])
  const all = new Map(lists.flatMap(({ rows }) => rows.map((row) => [`${row.hotel},${row.guest}`, row])))
  return [...all.values()].sort((a, b) => (a.guest < b.guest ? -1 : 1))
}

/** Has the guests service erase them all again, also those that both databases say; it begins within seconds. */
export async function replayErasures(databases: Databases, more: readonly ErasedGuest[]): Promise<number> {
  const all = [...(await listErasures(databases)), ...more]
  const { rowCount } = await databases.guests.query(
    `insert into erasure (hotel_id, guest_id, ask_time, asked_by, standing)
     select distinct hotel, guest, '-infinity'::timestamptz, 'system', true from unnest($1::uuid[], $2::uuid[]) as e (hotel, guest)
     on conflict (hotel_id, guest_id) do update
     set ask_time = excluded.ask_time, standing = true, finish_time = null`,
    [all.map(({ hotel }) => hotel), all.map(({ guest }) => guest)],
  )
  return rowCount ?? 0
}

/** How many erasures are not carried out yet. */
export async function unfinishedErasures({ guests }: Databases): Promise<number> {
  const { rows } = await guests.query<{ count: number }>('select count(*)::int from erasure where finish_time is null')
  return rows[0]?.count ?? 0
}

/** The list as text, one `hotel,guest` a line. */
export function erasuresText(list: readonly ErasedGuest[]): string {
  return list.map(({ hotel, guest }) => `${hotel},${guest}\n`).join('')
}

/** Reads the list again; throws a Problem that names the line at fault. */
export function readErasures(text: string): ErasedGuest[] {
  return text.split('\n').flatMap((line, index) => {
    const [hotel = '', guest = '', ...more] = line.trim().split(',')
    if (line.trim() === '') return []
    if (more.length > 0 || !isId(hotel) || !isId(guest))
      throw new Problem(
        `Line ${index + 1} is not \`hotel,guest\`, two ids: give a list that \`npm run -s erasures\` printed.`,
      )
    return [{ hotel, guest }]
  })
}
