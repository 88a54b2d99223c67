import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { peerUnavailable } from '@hotel/runtime/errors/refusal'
import { askPeer } from '@hotel/runtime/peers/peers'
import type { Client } from 'nice-grpc'
import { FEEDS } from './feeds.ts'

const PATIENCE_MS = 8_000
const EVERY_MS = 25

/** A feed as it is asked and followed here. */
type Feed = { readonly client: Client<FeedServiceDefinition>; readonly isSetAside: (hotel: string) => boolean }

/**
 * Resolves when the replicas have all that the guests and the rooms service had when it was asked: so one wait does for a
 * whole batch what a call to a peer does for one id. False when some hotels are set aside, which nobody waits for: their
 * changes can not be followed. Throws PEER_UNAVAILABLE when it takes long: ask again.
 */
export type CaughtUp = (signal: AbortSignal) => Promise<boolean>

/** Makes the CaughtUp of the service's two feeds. */
export function caughtUp(orm: MikroORM, feeds: Readonly<Record<keyof typeof FEEDS, Feed>>): CaughtUp {
  const one = async (peer: keyof typeof FEEDS, given: AbortSignal) => {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const signal = AbortSignal.any([given, late])
    const { client, isSetAside } = feeds[peer]
    const asked = await askPeer(peer, () => headsOf(client, signal)).catch((error) => {
      throw late.aborted ? peerUnavailable(peer) : error
    })
    const { epoch, heads } = asked ?? { epoch: '', heads: [] }
    for (;;) {
      const applied = await appliedOf(FEEDS[peer], epoch, given)
      const behind = heads.filter(({ hotel, seq }) => (applied?.get(hotel) ?? 0n) < seq)
      if (applied !== undefined && behind.every(({ hotel }) => isSetAside(hotel))) return behind.length === 0
      if (late.aborted) throw peerUnavailable(peer)
      await sleep(EVERY_MS, undefined, { signal: given })
    }
  }
  /** The numbers that are applied of this numbering; undefined while another one is followed. */
  const appliedOf = async (feed: string, epoch: string, signal: AbortSignal) => {
    const rows = await query<{ hotel_id: string | null; seq: string | null }>(
      forkFor(orm, signal),
      `select c.hotel_id, c.seq from replica_epoch e
       left join replica_cursor c on c.feed = e.feed and c.generation = e.generation
       where e.feed = $1 and e.epoch = $2`,
      [feed, epoch],
    )
    if (rows.length === 0) return undefined
    return new Map(rows.map(({ hotel_id, seq }) => [hotel_id, BigInt(seq ?? 0)]))
  }
  return async (signal) => {
    const areWhole = await Promise.all([one('guests', signal), one('rooms', signal)])
    return areWhole.every(Boolean)
  }
}

/** The heads of all hotels, which come first. */
async function headsOf(feed: Client<FeedServiceDefinition>, signal: AbortSignal) {
  const heads: { hotel: string; seq: bigint }[] = []
  for await (const part of feed.watchHeads({}, { signal })) {
    heads.push(...part.heads)
    if (!part.more) return { epoch: part.epoch, heads }
  }
  return { epoch: '', heads }
}
