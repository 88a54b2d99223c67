import { causeOf } from '../database/cause.ts'
import { type MikroORM, query } from '../database/database.ts'
import type { Logger } from '../telemetry/log.ts'

const KEPT_HOURS = 48
const EVERY_MS = 3_600_000

/** Deletes idempotency keys past their time, now and each hour; safe in several replicas at once. Returns how to stop. */
export function pruneIdempotencyKeys(orm: MikroORM, log: Logger): () => void {
  const prune = () =>
    query(
      orm.em.fork(),
      `delete from idempotency_key where create_time < now() - interval '${KEPT_HOURS} hours'`,
    ).catch((error: unknown) => log.warn({ err: causeOf(error) }, 'idempotency keys not pruned'))
  void prune()
  const timer = setInterval(prune, EVERY_MS)
  return () => clearInterval(timer)
}
