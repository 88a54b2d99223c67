/**
 * A controlled transaction keeps its connection when `begin` fails, or `rollback` after a failed `commit`: each loss of the database
 * would cost the pool a place for good for each transaction that ran (seen: after two restarts of Postgres all calls waited in vain
 * for a connection).
 *
 * @library kysely 0.29.6
 * @issue https://github.com/kysely-org/kysely/issues/1990
 */
import type { Pool, PoolClient } from 'pg'

type Release = PoolClient['release']

/** Gives back to the pool each connection that is lost while in use. */
export function releaseLostConnections(pool: Pool): void {
  pool.on('connect', (client) => {
    let release: Release | undefined
    // The pool sets a new `release` at each checkout, one that throws when it is called twice.
    Object.defineProperty(client, 'release', {
      get: () => release,
      set: (set: Release) => {
        release = once(set)
      },
    })
    client.once('end', () => release?.(true))
  })
}

function once(release: Release): Release {
  let released = false
  return (destroy) => {
    if (released) return
    released = true
    release(destroy)
  }
}
