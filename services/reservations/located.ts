import { isVisible } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/resource/id'
import { notFound } from '@hotel/runtime/resource/refusal'
import type { Wanted } from './reservation-change.ts'

/** Where a reservation is, what it has, and the time from before what is read next. */
export type Located = { hotel: string; guest: string; rooms: string[]; dates: string[]; isPending: boolean; now: Date }

/**
 * The hotel of a reservation by id alone, as hotelOf gives it, and the rest. Throws NOT_FOUND, also for one that is not of
 * the caller's hotels.
 */
export async function locate(em: EntityManager, id: string, clockOffset: number): Promise<Located> {
  if (!isId(id)) throw notFound('reservation', id)
  const [row] = await query<Omit<Located, 'now'> & { now: string }>(
    em,
    `select hotel_id as hotel, guest_id as guest, rooms::text[], array[in_date, out_date]::text[] as dates,
       status = 'PENDING' as "isPending", statement_timestamp() + make_interval(secs => $2) as now
     from reservation where id = $1`,
    [id, clockOffset],
  )
  if (row === undefined || !isVisible(row.hotel)) throw notFound('reservation', id)
  return { ...row, now: new Date(row.now) }
}

/** Whether a change may take nights anew, or bring back what is over: so that the guest and rooms must be live. */
export function needsItsOwn({ dates, isPending }: Located, { inDate, outDate, status }: Wanted): boolean {
  const movesDates = [inDate, outDate].some((date, index) => date !== undefined && date !== dates[index])
  return movesDates || (isPending && status === 'CHECKED_IN')
}
