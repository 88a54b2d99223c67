import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { endOf } from '@hotel/runtime/changes/reading'
import { Renumbered } from '@hotel/runtime/changes/replica'
import type { MikroORM } from '@hotel/runtime/database/database'
import { causeOf } from '@hotel/runtime/errors/cause'
import { peerUnavailable, Refusal } from '@hotel/runtime/errors/refusal'
import { lookUpsTogether } from '@hotel/runtime/peers/look-ups'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Client } from 'nice-grpc'
import { FEEDS, placeIn } from './feeds.ts'
import { replicaOf } from './replica-feed.ts'

const PATIENCE_MS = 5_000
const EVERY_MS = 50

/**
 * Brings the replica of a hotel up to what the rooms service has at the moment of the call, ahead of the feed's follower.
 * One look serves all who ask before it begins. Throws PEER_UNAVAILABLE when it can not be had.
 */
export function catchUpRooms(
  orm: MikroORM,
  writer: Writer,
  feed: Client<FeedServiceDefinition>,
): (hotel: string) => Promise<void> {
  const replica = replicaOf(FEEDS.rooms, orm, writer)
  /** Applies the next page; true when more follows, undefined while the follower is about to start over. */
  const next = async (hotel: string, signal: AbortSignal): Promise<boolean | undefined> => {
    const { epoch, seq } = await placeIn(orm.em.fork(), FEEDS.rooms, hotel)
    const request = { hotel, after_seq: seq, latest_only: true }
    const answer = await askPeer('rooms', () => feed.listChanges(request, repeatable(signal)))
    if (answer === undefined) throw peerUnavailable('rooms')
    if (answer.epoch !== epoch) return undefined
    const upTo = endOf(answer, seq)
    if (upTo <= seq) return false
    await replica.apply(hotel, { epoch, after: seq, upTo, changes: answer.changes }, signal)
    return true
  }
  const catchUp = async (hotel: string) => {
    const late = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const more = await next(hotel, late).catch((error: unknown) => {
        if (error instanceof Renumbered) return undefined
        // A change that cannot be applied leaves the replica behind: the follower reports the cause.
        throw error instanceof Refusal ? error : peerUnavailable('rooms', causeOf(error))
      })
      if (more === false) return
      if (late.aborted) throw peerUnavailable('rooms')
      if (more === undefined) await sleep(EVERY_MS)
    }
  }

  const together = lookUpsTogether<void>()
  return (hotel) => together(hotel, () => catchUp(hotel))
}
