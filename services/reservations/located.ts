import { isVisible } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/resource/id'
import { notFound } from '@hotel/runtime/resource/refusal'

/**
 * The hotel of a reservation by id alone, as hotelOf gives it, and the time from before what is read next. Throws
 * NOT_FOUND, also for one that is not of the caller's hotels.
 */
export async function locate(
  em: EntityManager,
  id: string,
  clockOffset: number,
): Promise<{ hotel: string; now: Date }> {
  if (!isId(id)) throw notFound('reservation', id)
  const [row] = await query<{ hotel: string; now: string }>(
    em,
    `select hotel_id as hotel, statement_timestamp() + make_interval(secs => $2) as now from reservation where id = $1`,
    [id, clockOffset],
  )
  if (row === undefined || !isVisible(row.hotel)) throw notFound('reservation', id)
  return { hotel: row.hotel, now: new Date(row.now) }
}
