import type { Pool, PoolClient } from 'pg'
import { currentCall } from '../call/call.ts'
import type { Caller } from '../call/caller.ts'
import { cancelOn } from '../library-patches/pg/cancelling.ts'
import { admission } from './admission.ts'
import type { MikroORM } from './database.ts'
import { type Parameter, type Statement, TextQuery, type Texts } from './text-query.ts'

/** The rows of a statement with these parameters ($1 …). Rejects with the signal's reason once that aborts. */
export type Read = (statement: Statement, values: readonly Parameter[], signal: AbortSignal) => Promise<Texts[]>

/** Statements of calls that run at once: writes have connections left, whatever the reads wait for. */
const READS = 16
/** Of these, those for the same hotels: when their statements are slow, reads of others go on. */
const READS_OF_ONE = 10

/** As a reader, for calls: no hotel's slow statements take all connections. What is no call's own waits for none. */
export function sharedReader(orm: MikroORM): Read {
  const read = reader(orm)
  const admit = admission(READS, READS_OF_ONE)
  return async (statement, values, signal) => {
    const caller = currentCall()?.caller
    if (caller === undefined) return read(statement, values, signal)
    using _place = await admit(sharerOf(caller), signal)
    return await read(statement, values, signal)
  }
}

const sharers = new WeakMap<object, string>()

/** The key of a share: callers of the same hotels have one, and each caller of every hotel has one. */
function sharerOf({ hotels, subject }: Caller): string {
  if (hotels === 'every') return subject
  const known = sharers.get(hotels) ?? [...hotels].sort().join()
  sharers.set(hotels, known)
  return known
}

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
