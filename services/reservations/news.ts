import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { type MikroORM, query } from '@hotel/runtime/database/database'
import { peerUnavailable } from '@hotel/runtime/resource/refusal'
import type { Writer } from '@hotel/runtime/resource/write'
import { askPeer, repeatable } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'
import { FEEDS, replicaOf } from './replicas.ts'

/**
 * Brings the replica of a hotel up to what the rooms service has at the moment of the call, ahead of the feed's follower.
 * One look serves all who ask before it begins. Throws PEER_UNAVAILABLE when it can not be had.
 */
export function newsOfRooms(
  orm: MikroORM,
  writer: Writer,
  feed: Client<FeedServiceDefinition>,
): (hotel: string) => Promise<void> {
  const replica = replicaOf(FEEDS.rooms, orm, writer)
  const catchUp = async (hotel: string) => {
    for (;;) {
      const [known] = await query<{ seq: string; epoch: string | null }>(
        orm.em.fork(),
        `select coalesce((select seq from replica_cursor where feed = $1 and hotel_id = $2), 0) as seq,
           (select epoch from replica_epoch where feed = $1) as epoch`,
        [FEEDS.rooms, hotel],
      )
      const request = { hotel, after_seq: BigInt(known?.seq ?? 0) }
      const answer = await askPeer('rooms', () => feed.listChanges(request, repeatable(AbortSignal.timeout(5_000))))
      // The numbering is another one: the follower is about to start over.
      if (answer === undefined || (known?.epoch ?? answer.epoch) !== answer.epoch) throw peerUnavailable('rooms')
      if (answer.changes.length === 0) return
      await replica.apply(hotel, answer.changes)
    }
  }

  const looks = new Map<string, { running: Promise<void>; next?: Promise<void> }>()
  const look = (hotel: string): Promise<void> => {
    const running = catchUp(hotel).finally(() => {
      if (looks.get(hotel)?.next === undefined) looks.delete(hotel)
    })
    looks.set(hotel, { running })
    return running
  }
  return (hotel) => {
    const now = looks.get(hotel)
    if (now === undefined) return look(hotel)
    // The one that runs may have read before this call came.
    now.next ??= now.running.catch(() => undefined).then(() => look(hotel))
    return now.next
  }
}
