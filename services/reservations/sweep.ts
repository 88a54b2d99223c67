import { causeOf } from '@hotel/runtime/database/cause'
import type { ClockOffset } from '@hotel/runtime/database/clock'
import { type MikroORM, query } from '@hotel/runtime/database/database'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Logger } from '@hotel/runtime/telemetry/log'

const EVERY_MS = 3_600_000
const MOST_AT_ONCE = 500

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
  const run = () => sweep().catch((error: unknown) => log.warn({ err: causeOf(error) }, 'past stays not swept'))
  const timer = setInterval(run, EVERY_MS)
  void run()
  return () => clearInterval(timer)
}

/**
 * Deletes holds whose time has come, which everything takes for deleted already: so that the feed tells of it, and what
 * looks for free rooms has less to look past. By any replica, safe to run twice. Returns how to stop.
 */
export function sweepLapsedHolds(
  orm: MikroORM,
  writer: Writer,
  clockOffset: ClockOffset,
  everySeconds: number,
  log: Logger,
): () => void {
  const lapsed = () =>
    query<{ hotel_id: string; ids: string[] }>(
      orm.em.fork(),
      `select hotel_id, array_agg(id) as ids from (
         select hotel_id, id from reservation
         where delete_time is null and hold_until <= statement_timestamp() + make_interval(secs => $1)
         order by hold_until limit $2) lapsed
       group by hotel_id`,
      [clockOffset(), MOST_AT_ONCE],
    )
  const sweep = async () => {
    for (let hotels = await lapsed(); hotels.length > 0; hotels = await lapsed()) {
      for (const { hotel_id, ids } of hotels) {
        await writer.system(hotel_id, async ({ em, now }) => {
          await query(em, 'select lapse_holds($1, $2, $3)', [hotel_id, ids, now.toISOString()])
        })
      }
    }
  }
  const run = () => sweep().catch((error: unknown) => log.warn({ err: causeOf(error) }, 'lapsed holds not swept'))
  const timer = setInterval(run, everySeconds * 1_000)
  return () => clearInterval(timer)
}
