import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { intervalJob, type StopJob } from '@hotel/runtime/process/interval-job'
import type { Logger } from '@hotel/runtime/process/log'

const EVERY_MS = 60_000
const LIMIT_MS = 10_000
const MOST_TOLD = 100

/**
 * Tells of the locations whose time zone this database server does not know, at the start and when one comes, each once.
 * Their dates are those of UTC meanwhile (`location_date`). Returns how to stop.
 */
export function reportUnknownTimeZones(orm: MikroORM, log: Logger): StopJob {
  const told = new Set<string>()
  const job = { failed: 'time zones not checked', level: 'warn', log } as const
  return intervalJob({ ...job, everyMs: EVERY_MS, limitMs: LIMIT_MS, atOnce: true }, async (signal) => {
    const unknown = await query<{ hotel_id: string; id: string; name: string; time_zone: string }>(
      forkFor(orm, signal),
      `select l.hotel_id, l.id, l.name, l.time_zone from location l
       where l.delete_time is null and not knows_time_zone(l.time_zone) order by l.hotel_id, l.id limit ${MOST_TOLD}`,
    )
    for (const { hotel_id: hotel, id: location, name, time_zone } of unknown) {
      const key = `${location} ${time_zone}`
      if (told.has(key)) continue
      told.add(key)
      log.warn(
        { hotel, location, time_zone },
        `the database server does not know the time zone ${time_zone} of the location "${name}", whose dates are now those of UTC: give the location another time zone, or the server its time zone files`,
      )
    }
  })
}
