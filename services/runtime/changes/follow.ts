import { type Change, FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { ClientError, Status } from 'nice-grpc'
import { causeOf } from '../database/cause.ts'
import type { Peer } from '../server/peers.ts'
import { repeatable } from '../server/peers.ts'
import type { FeedState } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Where a follower stands in a peer's feed and how it applies changes; both in its own database. */
export type Replica = {
  /** The peer's epoch as it was last seen, and the number of each hotel's last applied change. */
  load(): Promise<{ epoch: string | undefined; applied: Map<string, bigint> }>
  /** Starts over from 0: the peer's numbering is another one. */
  restart(epoch: string): Promise<void>
  /** Applies changes of one hotel and stores the number of the last in the same transaction. Applying twice is harmless. */
  apply(hotel: string, changes: Change[]): Promise<void>
}

export type Follower = {
  /** Whether everything that the peer had at some moment since the start is applied. */
  caughtUp(): boolean
  close(): Promise<void>
}

const PARALLEL_HOTELS = 4
const RETRY_MS = 250

/** Follows a peer's feed for ever: the heads by a stream, the changes of the hotels that moved by pages. */
export function followFeed(name: string, peer: Peer, replica: Replica, { log, metrics }: Telemetry): Follower {
  const closing = new AbortController()
  const progress = newProgress()
  const feed = metrics.follows(name, progress.state)
  let caughtUp = false

  const run = async () => {
    const client = peer.client(FeedServiceDefinition)
    const { epoch, applied } = await replica.load()
    let known = epoch
    for await (const { heads, epoch: current } of client.watchHeads({}, { signal: closing.signal })) {
      if (current !== known) {
        await replica.restart(current)
        applied.clear()
        known = current
      }
      const behind = heads.filter(({ hotel, seq }) => (applied.get(hotel) ?? 0n) < seq)
      progress.behind(behind.map(({ hotel, seq }) => [hotel, seq - (applied.get(hotel) ?? 0n)]))
      await inParallel(behind, async ({ hotel, seq }) => {
        while ((applied.get(hotel) ?? 0n) < seq) {
          const { changes } = await client.listChanges(
            { hotel, after_seq: applied.get(hotel) ?? 0n },
            repeatable(closing.signal),
          )
          const last = changes.at(-1)
          if (last === undefined) throw new Error(`the ${name} feed of hotel ${hotel} ends before its head ${seq}`)
          await replica.apply(hotel, changes)
          applied.set(hotel, last.seq)
          feed.applied(changes.length)
          progress.applied(hotel, changes.length)
        }
      })
      progress.caughtUp()
      if (!caughtUp) log.info({ feed: name }, 'replica caught up')
      caughtUp = true
    }
  }
  const running = (async () => {
    let before = ''
    while (!closing.signal.aborted) {
      await run().catch((error: Error) => {
        if (closing.signal.aborted) return
        // It is tried again all the time; what a restart does not mend is said once.
        const level = isRefused(error) && error.message !== before ? 'warn' : 'debug'
        log[level]({ feed: name, err: causeOf(error) }, 'feed interrupted')
        before = error.message
      })
      if (!closing.signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  })()

  return {
    caughtUp: () => caughtUp,
    async close() {
      closing.abort()
      await running
    },
  }
}

/** Whether the peer does not take this service's token. */
function isRefused(error: Error): boolean {
  return error instanceof ClientError && [Status.UNAUTHENTICATED, Status.PERMISSION_DENIED].includes(error.code)
}

/** How far a follower is, by the clock of this machine alone. */
function newProgress() {
  const missing = new Map<string, bigint>()
  let behindSince: number | undefined
  let completeAt = performance.now()
  const secondsSince = (time: number) => (performance.now() - time) / 1_000
  return {
    behind(hotels: (readonly [hotel: string, changes: bigint])[]) {
      missing.clear()
      for (const [hotel, changes] of hotels) missing.set(hotel, changes)
      if (missing.size > 0) behindSince ??= performance.now()
    },
    applied(hotel: string, changes: number) {
      const left = (missing.get(hotel) ?? 0n) - BigInt(changes)
      // More than was known may come with a page.
      if (left > 0n) missing.set(hotel, left)
      else missing.delete(hotel)
    },
    caughtUp() {
      missing.clear()
      behindSince = undefined
      completeAt = performance.now()
    },
    state: (): FeedState => ({
      changes: Number([...missing.values()].reduce((sum, changes) => sum + changes, 0n)),
      lagSeconds: behindSince === undefined ? 0 : secondsSince(behindSince),
      ageSeconds: secondsSince(completeAt),
    }),
  }
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    Array.from({ length: Math.min(PARALLEL_HOTELS, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
    }),
  )
}
