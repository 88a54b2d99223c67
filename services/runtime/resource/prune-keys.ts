import { forkFor, type MikroORM, query } from '../database/database.ts'
import { intervalJob, type StopJob } from '../process/interval-job.ts'
import type { Logger } from '../process/log.ts'

const KEPT_HOURS = 48
const EVERY_MS = 3_600_000
const ROUND_MS = 60_000

/** Deletes idempotency keys past their time, now and each hour; safe in several replicas at once. Returns how to stop. */
export function pruneIdempotencyKeys(orm: MikroORM, log: Logger): StopJob {
  const job = {
    failed: 'idempotency keys not pruned',
    level: 'warn',
    log,
    everyMs: EVERY_MS,
    limitMs: ROUND_MS,
  } as const
  return intervalJob({ ...job, atOnce: true }, async (signal) => {
    await query(
      forkFor(orm, signal),
      `delete from idempotency_key where create_time < now() - interval '${KEPT_HOURS} hours'`,
    )
  })
}
