/**
 * An aborted statement leaves its connection to come behind it. With the pool ended by then, Kysely loses that connection, and the pool
 * never ends (seen: `Cannot read properties of undefined (reading 'Client')`).
 *
 * @library kysely 0.29.6
 * @issue none found
 */
import { setTimeout } from 'node:timers/promises'
import type { Pool } from 'pg'

/** Has what uses a pool close only when what is still under way on it is over. */
export function closingWhenIdle<T extends { close(force?: boolean): Promise<void> }>(
  user: T,
  poolOf: () => Pool | undefined,
): T {
  const close = user.close.bind(user)
  user.close = async (force) => {
    const pool = poolOf()
    if (pool !== undefined) await untilIdle(pool)
    await close(force)
  }
  return user
}

const LOOK_EVERY_MS = 5

/** Resolves once every connection that was asked for has come and gone back. */
async function untilIdle(pool: Pool): Promise<void> {
  while (pool.waitingCount > 0 || pool.idleCount < pool.totalCount) await setTimeout(LOOK_EVERY_MS)
}
