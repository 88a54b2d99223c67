import type { DatabaseConnection } from 'kysely'

/**
 * Keeps what comes of an aborted statement to itself: that it was cancelled, or that there was none to cancel any more. The
 * caller has its answer already, and Kysely would print both (seen: `Cannot read properties of undefined (reading 'queryId')`).
 */
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
