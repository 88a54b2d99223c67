import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg'

/**
 * Has Postgres give up what a connection runs, by another connection; rejects when there is none to be had. Give the first back to
 * its pool only afterwards: what is cancelled must not be a statement of whoever gets it next.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 */
export async function cancelOn(pool: Pool, client: PoolClient): Promise<void> {
  const { options } = pool as unknown as { options: ClientConfig & { password?: string } }
  const { processID } = client as unknown as { processID: number }
  // The password is not among what a spread copies.
  const control = new Client({ ...options, ...(options.password !== undefined && { password: options.password }) })
  control.on('error', () => undefined)
  try {
    await control.connect()
    await control.query('select pg_cancel_backend($1)', [processID])
  } finally {
    await control.end().catch(() => undefined)
  }
}
