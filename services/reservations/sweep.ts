import { type MikroORM, query } from '@hotel/runtime/database'
import type { Logger } from '@hotel/runtime/log'
import type { Writer } from '@hotel/runtime/write'

const EVERY_MS = 3_600_000

/**
 * Deletes from the view what left so long ago, by its location's date, that no read shows it: not even after the location
 * is given the time zone with the earliest date, two days before that of the latest. Each hour, by any replica, safe to
 * run twice. Returns how to stop.
 */
export function sweepPastStays(orm: MikroORM, writer: Writer, log: Logger): () => void {
  const sweep = async () => {
    const hotels = await query<{ hotel_id: string }>(orm.em.fork(), 'select distinct hotel_id from location')
    for (const { hotel_id } of hotels) {
      await writer.system(hotel_id, async ({ em, now }) => {
        await query(
          em,
          `delete from current_and_upcoming c using location l
           where c.hotel_id = $1 and l.hotel_id = c.hotel_id and l.id = c.location_id
             and c.out_date < location_date(l.time_zone, $2::timestamptz) - 3`,
          [hotel_id, now.toISOString()],
        )
      })
    }
  }
  const run = () => sweep().catch((error: Error) => log.warn({ err: error.message }, 'past stays not swept'))
  const timer = setInterval(run, EVERY_MS)
  void run()
  return () => clearInterval(timer)
}
