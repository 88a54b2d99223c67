/**
 * A statement takes no AbortSignal, and the id of a connection's process is not among what is documented. The password of a pool is not
 * among what a spread of its options copies.
 *
 * @library pg 8.23.1
 * @issue https://github.com/brianc/node-postgres/issues/2774
 */
import type { Socket } from 'node:net'
import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg'
import { socketTo } from './socket-to.ts'

/**
 * Has Postgres give up what a connection runs, by another connection; rejects when there is none to be had. Give the first back to
 * its pool only afterwards: the next user's statement must not be cancelled.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 */
export async function cancelOn(pool: Pool, client: PoolClient): Promise<void> {
  const { options } = pool as unknown as { options: ClientConfig & { password?: string } }
  const { processID, connection } = client as unknown as { processID: number; connection: { stream: Socket } }
  const { remoteAddress: host, remotePort: port } = connection.stream
  const control = new Client({
    ...options,
    ...(options.password !== undefined && { password: options.password }),
    // The server of the statement: of several, another may have its turn by now.
    ...(host !== undefined && port !== undefined && { stream: () => socketTo({ host, port }) }),
  })
  control.on('error', () => undefined)
  try {
    await control.connect()
    await control.query('select pg_cancel_backend($1)', [processID])
  } finally {
    await control.end().catch(() => undefined)
  }
}
