import type { Pool } from 'pg'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Shows how many connections of the pool there are, what they do, and how long work waits for one. */
export function showPool(pool: Pool, registry: Registry): void {
  const registers = [registry]
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections of the database pool, by state: idle or used.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount)
    },
  })
  new Gauge({
    name: 'db_client_connection_max',
    help: 'The most connections that the database pool may have.',
    registers,
    collect() {
      this.set(pool.options.max ?? 0)
    },
  })
  new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Requests that are waiting for a connection of the database pool.',
    registers,
    collect() {
      this.set(pool.waitingCount)
    },
  })
  measureWaits(
    pool,
    new Histogram({
      name: 'db_client_connection_wait_time_seconds',
      help: 'Time to get a connection of the database pool, including the time to open a new one.',
      buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    new Counter({
      name: 'db_client_connection_errors_total',
      help: 'Failed attempts to get a connection: the server did not answer, or none became free in time.',
      registers,
    }),
  )
}

type Connected = Parameters<Pool['connect']>[0]

function measureWaits(pool: Pool, waits: Histogram, errors: Counter): void {
  const connect = pool.connect.bind(pool)
  const measure = () => {
    const since = performance.now()
    return (error?: unknown) => {
      waits.observe((performance.now() - since) / 1_000)
      if (error) errors.inc()
    }
  }
  // The ORM awaits a connection; the pool's own `query` hands a callback.
  pool.connect = ((callback?: Connected) => {
    const connected = measure()
    if (callback !== undefined)
      return connect((error, client, release) => {
        connected(error)
        callback(error, client, release)
      })
    return connect().then(
      (client) => {
        connected()
        return client
      },
      (error: unknown) => {
        connected(error)
        throw error
      },
    )
  }) as Pool['connect']
}
