import type { FeedListener } from '../changes/feed-listener.ts'
import type { MigrationFile, MikroORM } from '../database/database.ts'
import { answered } from '../process/waiting.ts'

const ANSWER_WITHIN_MS = 2_000

/** Throws unless the database answers and all migrations that this build knows are applied. */
export async function demandDatabase(heads: FeedListener, migrations: readonly MigrationFile[]): Promise<undefined> {
  const rows = await heads.ask<{ name: string }>('select name from migration', ANSWER_WITHIN_MS)
  const applied = new Set(rows.map(({ name }) => name))
  const missing = migrations.filter(({ name }) => !applied.has(name))
  if (missing.length > 0) throw new Error(`migrations are missing: ${missing.map(({ name }) => name).join(', ')}`)
}

/**
 * Throws while the pool has no connection and is given none: the server has no place left, though the feed's listener may
 * still have its own. A pool that has connections is not asked, as all of them may be at work.
 */
export async function demandConnection(orm: MikroORM): Promise<void> {
  const pool = await orm.em.getConnection().getNativeClient()
  if (pool.totalCount > 0) return
  await answered(
    ANSWER_WITHIN_MS,
    pool.connect().then((client) => client.release()),
  )
}
