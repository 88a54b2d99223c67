import type { Heads } from '../changes/heads.ts'
import type { MigrationFile } from '../database/database.ts'

const ANSWER_WITHIN_MS = 2_000

/**
 * What does not keep a service from its work and is amiss all the same, or undefined, by the name under which its health
 * is told: grpc.health.v1 says NOT_SERVING of that name, while the service itself is SERVING.
 */
export type Amiss = Readonly<Record<string, string | undefined>>

/** Throws unless the database answers and all migrations that this build knows are applied. */
export async function demandDatabase(heads: Heads, migrations: readonly MigrationFile[]): Promise<undefined> {
  const rows = await heads.ask<{ name: string }>('select name from migration', ANSWER_WITHIN_MS)
  const applied = new Set(rows.map(({ name }) => name))
  const missing = migrations.filter(({ name }) => !applied.has(name))
  if (missing.length > 0) throw new Error(`migrations are missing: ${missing.map(({ name }) => name).join(', ')}`)
}
