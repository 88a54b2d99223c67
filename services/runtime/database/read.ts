import { Client, type CustomTypesConfig, type Pool, type PoolClient } from 'pg'
import type { MikroORM } from './database.ts'

/** The columns of a row as Postgres writes them, in their order. */
export type Texts = readonly (string | null)[]

/** A statement; with a name a connection plans it once, under this name. */
export type Statement = { readonly name?: string | undefined; readonly text: string }

/** The rows of a statement with these parameters ($1 …). Rejects with the signal's reason once that aborts. */
export type Read = (statement: Statement, values: readonly unknown[], signal: AbortSignal) => Promise<Texts[]>

/**
 * Reads on the ORM's own pool, without what the ORM and its query builder do for entities: rows are arrays of texts, of which
 * each reader makes what it needs. A statement whose signal aborts is cancelled in the database, too; its connection goes
 * back to the pool when that is over.
 */
export function reader(orm: MikroORM): Read {
  const connection = orm.em.getConnection()
  let known: Pool | undefined
  return (statement, values, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      let client: PoolClient | undefined
      let cancelled: Promise<void> | undefined
      const abort = () => {
        reject(signal.reason)
        if (known !== undefined && client !== undefined) cancelled = cancel(known, client)
      }
      const run = async () => {
        known ??= await connection.getNativeClient()
        client = await known.connect()
        try {
          if (signal.aborted) return []
          const { name, text } = statement
          const asked = { name, text, values: values as unknown[], rowMode: 'array', types: AS_TEXTS } as const
          return (await client.query<string[]>(asked)).rows
        } finally {
          signal.removeEventListener('abort', abort)
          if (cancelled === undefined) client.release()
          else void cancelled.then(() => client?.release())
        }
      }
      signal.addEventListener('abort', abort, { once: true })
      run().then(resolve, (error) => {
        signal.removeEventListener('abort', abort)
        reject(error)
      })
    })
}

const asText = (text: unknown) => text
// Its type is of one that knows all parsers.
const AS_TEXTS = { getTypeParser: () => asText } as unknown as CustomTypesConfig

/**
 * Cancels what a connection runs, by another connection: as long as the first is not given back, nothing else runs there. What
 * can not be cancelled ends by itself.
 */
async function cancel(pool: Pool, client: PoolClient): Promise<void> {
  const other = new Client(pool.options)
  try {
    await other.connect()
    await other.query('select pg_cancel_backend($1)', [(client as unknown as { processID: number }).processID])
  } catch {
    // The server is away, or has no connection left.
  } finally {
    await other.end().catch(() => undefined)
  }
}
