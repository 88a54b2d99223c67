import { type EntityManager, forkFor, type MigrationFile, type MikroORM, query } from '../database/database.ts'

/**
 * What does not keep a service from its work and is amiss all the same, or undefined, by the name under which its health
 * is told: grpc.health.v1 says NOT_SERVING of that name, while the service itself is SERVING.
 */
export type Amiss = Readonly<Record<string, string | undefined>>

/** Throws unless the database answers and all migrations that this build knows are applied. */
export function databaseReady(
  orm: MikroORM,
  migrations: readonly MigrationFile[],
): (signal: AbortSignal) => Promise<undefined> {
  return async (signal) => {
    const em: EntityManager = forkFor(orm, signal)
    const rows = await query<{ name: string }>(em, 'select name from migration')
    const applied = new Set(rows.map(({ name }) => name))
    const missing = migrations.filter(({ name }) => !applied.has(name))
    if (missing.length > 0) throw new Error(`migrations are missing: ${missing.map(({ name }) => name).join(', ')}`)
  }
}
