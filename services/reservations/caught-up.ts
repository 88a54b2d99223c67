import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { peerUnavailable } from '@hotel/runtime/resource/refusal'
import { askPeer } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'
import { FEEDS } from './replicas.ts'

const PATIENCE_MS = 8_000
const EVERY_MS = 25

type Feed = Client<FeedServiceDefinition>

/**
 * Resolves when the replicas have all that the guests and the rooms service had when it was asked: so one wait does for a
 * whole batch what a call to a peer does for one id. Throws PEER_UNAVAILABLE when that takes long: ask again.
 */
export type CaughtUp = (signal: AbortSignal) => Promise<void>

/** Makes the CaughtUp of the service's two feeds. */
export function caughtUp(orm: MikroORM, feeds: Readonly<Record<keyof typeof FEEDS, Feed>>): CaughtUp {
  const one = async (peer: keyof typeof FEEDS, given: AbortSignal) => {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const signal = AbortSignal.any([given, late])
    const heads = await askPeer(peer, () => headsOf(feeds[peer], signal)).catch((error) => {
      throw late.aborted ? peerUnavailable(peer) : error
    })
    while (!(await isApplied(FEEDS[peer], heads ?? [], given))) {
      if (late.aborted) throw peerUnavailable(peer)
      await sleep(EVERY_MS, undefined, { signal: given })
    }
  }
  const isApplied = async (feed: string, heads: readonly { hotel: string; seq: bigint }[], signal: AbortSignal) => {
    const rows = await query<{ hotel_id: string; seq: string }>(
      forkFor(orm, signal),
      'select hotel_id, seq from replica_cursor where feed = $1',
      [feed],
    )
    const applied = new Map(rows.map(({ hotel_id, seq }) => [hotel_id, BigInt(seq)]))
    return heads.every(({ hotel, seq }) => (applied.get(hotel) ?? 0n) >= seq)
  }
  return async (signal) => void (await Promise.all([one('guests', signal), one('rooms', signal)]))
}

async function headsOf(feed: Feed, signal: AbortSignal) {
  // The first answer has the heads of all hotels.
  for await (const { heads } of feed.watchHeads({}, { signal })) return heads
  return []
}
