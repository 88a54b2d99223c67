/**
 * What comes of an aborted statement afterwards is printed: that it was cancelled, or, when it ended while the connection that cancels
 * it came, `Cannot read properties of undefined (reading 'queryId')`. The caller has its answer already.
 *
 * @library kysely 0.29.6
 * @issue none found
 */
import type { DatabaseConnection } from 'kysely'

/** Keeps to itself what comes of an aborted statement. For the ORM's `onCreateConnection`. */
export async function quietWhenAborted(connection: unknown): Promise<void> {
  const own = connection as DatabaseConnection
  const execute = own.executeQuery.bind(own)
  const cancel = own.cancelQuery?.bind(own)
  own.executeQuery = async (compiled, options) => {
    try {
      return await execute(compiled, options)
    } catch (error) {
      if (options?.signal?.aborted) return { rows: [] }
      throw error
    }
  }
  if (cancel !== undefined) own.cancelQuery = (provider) => cancel(provider).catch(() => undefined)
}
