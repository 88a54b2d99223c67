import type { CompiledQuery } from 'kysely'
import type { Pool, PoolClient, QueryResult } from 'pg'
import { databaseError } from '../errors/database-error.ts'
import { cancelOn } from '../library-patches/pg/cancelling.ts'
import { setPipeline } from '../library-patches/pg/pipeline.ts'
import type { EntityManager, MikroORM, Prepared } from './database.ts'

/**
 * A transaction whose statements are sent at once, each without waiting for the answers of those before (libpq's pipeline
 * mode, https://www.postgresql.org/docs/current/libpq-pipeline-mode.html): those that need no answer share a round trip.
 */
export type Transaction = {
  /**
   * Resolves once it has begun. What changes something is sent only then: were `begin` to fail, each statement behind it
   * would commit by itself.
   */
  readonly begun: Promise<void>
  /** A new entity manager whose statements are the transaction's; `sends` is told of each. */
  manager(sends?: () => void): EntityManager
  /** Sends a statement and gives its rows. Throws the first error of the transaction, which is why all that follow fail. */
  run<Row>(statement: string | Prepared, parameters?: readonly unknown[]): Promise<Row[]>
  /** Sends `commit`: nothing may be sent after it. Throws when the transaction was rolled back instead. */
  commit(): Promise<void>
  /** The first error of a statement, if there was one. */
  failure(): unknown
  /** Has Postgres give up the statement that runs; without effect once `commit` is sent. */
  cancel(): void
}

const IN_FAILED_TRANSACTION = '25P02'

/**
 * Runs work in a transaction on a connection of its own; it is rolled back unless the work commits it. The signal only ends
 * the wait for a connection.
 */
export async function inTransaction<T>(
  orm: MikroORM,
  signal: AbortSignal,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const pool = await orm.em.getConnection().getNativeClient()
  const client = await connected(pool, signal)
  const pipeline = pipelined(client, pool)
  try {
    return await work(transactionOn(orm, pipeline))
  } finally {
    await pipeline.end()
  }
}

/** A connection of the pool. One that comes after the signal goes back at once. */
async function connected(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
  signal.throwIfAborted()
  const coming = pool.connect()
  return new Promise((resolve, reject) => {
    const leave = () => {
      coming.then(
        (client) => client.release(),
        () => undefined,
      )
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

/** While it commits, nobody knows what has become of it until the answer is there. */
type State = 'open' | 'committing' | 'over'

/** A connection to which statements are sent without waiting. */
type Pipeline = {
  send(statement: string | Prepared, parameters?: readonly unknown[]): Promise<QueryResult>
  commit(): Promise<void>
  failure(): unknown
  cancel(): void
  /** Rolls back what is not committed, and gives the connection back, or away when it is of no use any more. */
  end(): Promise<void>
}

function pipelined(client: PoolClient, pool: Pool): Pipeline {
  let state: State = 'open'
  let failure: unknown
  let isCorked = false
  let cancelling: Promise<unknown> | undefined
  setPipeline(client, true)

  const submit = async (statement: string | Prepared, parameters: readonly unknown[] = []): Promise<QueryResult> => {
    if (!isCorked) {
      // All that is sent in one turn leaves as one write to the socket.
      isCorked = true
      const { stream } = client.connection
      stream.cork()
      process.nextTick(() => {
        isCorked = false
        stream.uncork()
      })
    }
    try {
      return await (typeof statement === 'string'
        ? client.query(statement, [...parameters])
        : client.query({ ...statement, values: [...parameters] }))
    } catch (error) {
      failure ??= error
      throw databaseError(error)?.sqlState === IN_FAILED_TRANSACTION ? failure : error
    }
  }

  return {
    send(statement, parameters) {
      if (state !== 'open') return Promise.reject(new Error('a statement after the commit of its transaction'))
      return submit(statement, parameters)
    },
    async commit() {
      state = 'committing'
      const { command } = await submit('commit')
      state = 'over'
      if (command !== 'COMMIT') throw failure ?? new Error('the transaction was rolled back')
    },
    failure: () => failure,
    cancel() {
      if (state === 'open') cancelling ??= cancelOn(pool, client).catch(() => undefined)
    },
    async end() {
      // The cancelled statement must be one of this transaction, and not of the next user of the connection.
      await cancelling
      const ended = state === 'over' ? Promise.resolve() : submit('rollback')
      const error = await ended.then(
        () => undefined,
        (error: Error) => error,
      )
      setPipeline(client, false)
      client.release(error)
    },
  }
}

function transactionOn(orm: MikroORM, pipeline: Pipeline): Transaction {
  const begun = pipeline.send('begin').then(() => undefined)
  begun.catch(() => undefined)
  return {
    begun,
    manager(sends) {
      const em = orm.em.fork()
      em.setTransactionContext(contextOf(pipeline, sends))
      return em
    },
    async run<Row>(statement: string | Prepared, parameters?: readonly unknown[]) {
      return (await pipeline.send(statement, parameters)).rows as Row[]
    },
    commit: pipeline.commit,
    failure: pipeline.failure,
    cancel: pipeline.cancel,
  }
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** What the ORM uses of Kysely's transaction: it has its statements run. */
function contextOf(pipeline: Pipeline, sends: (() => void) | undefined) {
  return {
    async executeQuery({ sql, parameters }: CompiledQuery) {
      sends?.()
      const { command, rowCount, rows } = await pipeline.send(sql, parameters)
      return { rows, ...(CHANGES.has(command) && { numAffectedRows: BigInt(rowCount ?? 0) }) }
    },
  }
}
