import type { Pool, PoolClient } from 'pg'
import { cancelOn } from './cancel.ts'
import type { MikroORM } from './database.ts'
import { type Parameter, TextQuery } from './text-query.ts'

/** The columns of a row as Postgres writes them, in their order. */
export type Texts = readonly (string | null)[]

/** A statement; with a name a connection plans it once, under this name. */
export type Statement = { readonly name?: string | undefined; readonly text: string }

/** The rows of a statement with these parameters ($1 …). Rejects with the signal's reason once that aborts. */
export type Read = (statement: Statement, values: readonly Parameter[], signal: AbortSignal) => Promise<Texts[]>

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
        if (known !== undefined && client !== undefined) cancelled = cancelOn(known, client).catch(() => undefined)
      }
      const run = async () => {
        known ??= await connection.getNativeClient()
        client = await known.connect()
        try {
          return signal.aborted ? [] : await client.query(new TextQuery(statement, values)).answer
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
