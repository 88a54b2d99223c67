import { type FeedListener, isAny } from '@hotel/runtime/changes/feed-listener'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import { byHotel, intervalJob, type StopJob } from '@hotel/runtime/process/interval-job'
import type { Logger } from '@hotel/runtime/process/log'
import type { Writer } from '@hotel/runtime/resource/write'

const EVERY_MS = 3_600_000
const PAST_STAYS_MS = 600_000
const LAPSED_HOLDS_MS = 60_000
const MOST_OF_HOTEL = 500
const MOST_PAST_STAYS = 2_000

/**
 * Deletes from the view what left so long ago, by its location's date, that no read shows it: not even after the location
 * is given the time zone with the earliest date, two days before that of the latest. Each hour, by any replica, safe to
 * run twice. Returns how to stop.
 */
export function sweepPastStays(orm: MikroORM, writer: Writer, log: Logger): StopJob {
  const job = { failed: 'past stays not swept', level: 'warn', log } as const
  const inTurn = byHotel(job)
  return intervalJob({ ...job, everyMs: EVERY_MS, limitMs: PAST_STAYS_MS, atOnce: true }, async (signal) => {
    const hotels = await query<{ hotel_id: string }>(forkFor(orm, signal), 'select distinct hotel_id from location')
    await inTurn(new Map(hotels.map(({ hotel_id }) => [hotel_id, [undefined]])), signal, async (hotel) => {
      while ((await sweepSome(writer, hotel, signal)) === MOST_PAST_STAYS);
    })
  })
}

/** Deletes past stays of a hotel, as many as the others of the hotel may wait for; gives their number. */
async function sweepSome(writer: Writer, hotel: string, signal: AbortSignal): Promise<number> {
  let swept = 0
  await writer.system(
    hotel,
    async ({ em, now }) => {
      const rows = await query(
        em,
        `delete from current_and_upcoming c using (
         select p.hotel_id, p.id from location l join current_and_upcoming p on p.hotel_id = l.hotel_id and p.location_id = l.id
         where l.hotel_id = $1 and p.in_date < location_date(l.time_zone, $2::timestamptz) - 3
           and p.out_date < location_date(l.time_zone, $2::timestamptz) - 3
         limit $3) past
       where c.hotel_id = past.hotel_id and c.id = past.id returning 1`,
        [hotel, now.toISOString(), MOST_PAST_STAYS],
      )
      swept = rows.length
    },
    signal,
  )
  return swept
}

/** The parts of the process that a sweep of holds uses. */
type Sweeping = {
  readonly orm: MikroORM
  readonly writer: Writer
  readonly heads: Pick<FeedListener, 'ask'>
  readonly clockOffset: ClockOffset
}

/**
 * Deletes holds whose time has come, which everything takes for deleted already: so that the feed tells of it, and what
 * looks for free rooms has less to look past. By any replica, safe to run twice. Returns how to stop.
 */
export function sweepLapsedHolds(
  { orm, writer, heads, clockOffset }: Sweeping,
  everySeconds: number,
  log: Logger,
): StopJob {
  const job = { failed: 'lapsed holds not swept', level: 'warn', log } as const
  const inTurn = byHotel(job)
  const lapsed = async (signal: AbortSignal, hotels: readonly string[] | null) => {
    const rows = await query<{ hotel_id: string; ids: string[] }>(
      forkFor(orm, signal),
      `select hotel_id, array_agg(id) as ids from (
         select hotel_id, id, row_number() over (partition by hotel_id order by hold_until) as place from reservation
         where delete_time is null and hold_until <= statement_timestamp() + make_interval(secs => $1)
           and ($3::uuid[] is null or hotel_id = any($3))) lapsed
       where place <= $2 group by hotel_id`,
      [clockOffset(), MOST_OF_HOTEL, hotels],
    )
    return new Map(rows.map(({ hotel_id, ids }) => [hotel_id, [ids]]))
  }
  return intervalJob({ ...job, everyMs: everySeconds * 1_000, limitMs: LAPSED_HOLDS_MS }, async (signal) => {
    const due = `reservation where delete_time is null
      and hold_until <= statement_timestamp() + make_interval(secs => ${clockOffset()})`
    if (!(await isAny(heads, due))) return
    // Those that had more than one look takes are looked at again; one that fails waits for the next round.
    for (let works = await lapsed(signal, null); works.size > 0; ) {
      const more: string[] = []
      await inTurn(works, signal, async (hotel, ids) => {
        await writer.system(
          hotel,
          async ({ em, now }) => {
            await query(em, 'select lapse_holds($1, $2, $3)', [hotel, ids, now.toISOString()])
          },
          signal,
        )
        if (ids.length === MOST_OF_HOTEL) more.push(hotel)
      })
      works = more.length === 0 ? new Map() : await lapsed(signal, more)
    }
  })
}
