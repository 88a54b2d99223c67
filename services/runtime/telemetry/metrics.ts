import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type CallMetrics, callMetrics, type MethodLabels } from './call-metrics.ts'

/**
 * The metrics of one process. Names and labels are those of gRPC's middlewares for Prometheus and of OpenTelemetry's
 * conventions, so that ready-made dashboards fit; labels never hold ids. docs/operating.md tells what each is good for.
 */
export type Metrics = {
  readonly registry: Registry
  /** Counts calls that this process answers. */
  readonly server: CallMetrics
  /** Counts calls that this process makes to its peers. */
  readonly client: CallMetrics
  /** Counts a transaction that is tried again, by the SQLSTATE that ended it. */
  retried(sqlState: string): void
  /** Shows that a write waits for its hotel's head, until it is over. */
  waits(): { over(): void }
  /** How many writes wait so now. */
  writesWaiting(): number
  /** Counts a write that was answered from its first call. */
  replayed(): void
  /** Counts the changes of a followed feed that were applied, and shows how far behind it is, as `state` tells when asked. */
  follows(feed: string, state: () => FeedState): { applied(changes: number): void }
}

/** How far a replica is behind the feed it follows; hotels that are set aside count as such only. */
export type FeedState = {
  /** Changes that are known and not applied. */
  readonly changes: number
  /** How long the oldest of these is known. */
  readonly lagSeconds: number
  /** How long ago the replica was last known to have everything. */
  readonly ageSeconds: number
  /** Hotels whose changes can not be had or applied now. */
  readonly setAside: number
}

/** A value that clients choose is not a label: all methods that are not served count as one. */
export const UNKNOWN_METHOD: MethodLabels = { grpc_type: 'unary', grpc_service: 'unknown', grpc_method: 'unknown' }

/** Makes the process's metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const retries = new Counter({
    name: 'hotel_transaction_retries_total',
    help: 'Transactions tried again after a conflict with another, by SQLSTATE.',
    labelNames: ['sqlstate'],
    registers,
  })
  // Present from the start: a rate needs a first value to grow from.
  for (const sqlstate of ['40001', '40P01']) retries.inc({ sqlstate }, 0)
  const waiting = new Gauge({
    name: 'hotel_writes_waiting',
    help: "Writes that are waiting for their hotel's head, or for a turn.",
    registers,
  })
  let waitingNow = 0
  const replays = new Counter({
    name: 'hotel_idempotent_replays_total',
    help: 'Writes answered from the first call with their idempotency key.',
    registers,
  })
  return {
    registry,
    server: callMetrics(registry, 'server', 'answered'),
    client: callMetrics(registry, 'client', 'made to other services'),
    retried: (sqlstate) => retries.inc({ sqlstate }),
    waits() {
      waiting.inc()
      waitingNow += 1
      let isWaiting = true
      return {
        over() {
          if (isWaiting) waiting.dec()
          if (isWaiting) waitingNow -= 1
          isWaiting = false
        },
      }
    },
    writesWaiting: () => waitingNow,
    replayed: () => replays.inc(),
    follows: feedMetrics(registry),
  }
}

/** Serves the metrics over HTTP at `/metrics` of host:port; returns how to stop. */
export async function serveMetrics({ registry }: Metrics, address: string): Promise<() => Promise<void>> {
  const server = createServer(async (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
  })
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? []
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), host, resolve))
  return () => new Promise((resolve) => server.close(() => resolve()))
}

function feedMetrics(registry: Registry): Metrics['follows'] {
  const feeds = new Map<string, () => FeedState>()
  const gauge = (name: string, help: string, value: (state: FeedState) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['feed'],
      registers: [registry],
      collect() {
        for (const [feed, state] of feeds) this.set({ feed }, value(state()))
      },
    })
  gauge(
    'hotel_feed_lag_changes',
    'Changes of a followed feed that are known and not yet applied.',
    (state) => state.changes,
  )
  gauge(
    'hotel_feed_lag_seconds',
    'How long the oldest change that is known and not yet applied has been waiting.',
    (state) => state.lagSeconds,
  )
  gauge(
    'hotel_replica_age_seconds',
    'Time since the replica was last known to be complete.',
    (state) => state.ageSeconds,
  )
  gauge(
    'hotel_feed_hotels_set_aside',
    'Hotels of a followed feed whose changes cannot be read or applied now.',
    (state) => state.setAside,
  )
  const applied = new Counter({
    name: 'hotel_feed_changes_applied_total',
    help: 'Changes of a followed feed that were applied.',
    labelNames: ['feed'],
    registers: [registry],
  })
  return (feed, state) => {
    feeds.set(feed, state)
    applied.inc({ feed }, 0)
    return { applied: (changes) => applied.inc({ feed }, changes) }
  }
}
