import type { KnownResource } from '@hotel/proto/hotel/feed/v1/feed'
import { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import { Location } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomType } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Room } from '@hotel/proto/hotel/rooms/v1/rooms'
import { isVisible } from '@hotel/runtime/access/hotels'
import type { EntityManager } from '@hotel/runtime/database/database'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import { ClientError, Status } from 'nice-grpc'
import type { Kind } from './feeds.ts'
import { storeReplica, versionOf } from './replicas.ts'
import type { Peers } from './rooms-and-guests-peers.ts'

/** A resource of a peer, of one of the caller's hotels. */
type Found = {
  readonly hotel: string
  /** Of a room: what has to be stored before it. */
  readonly location?: string
  store(em: EntityManager, generation: number): Promise<void>
}

/** Asks a peer for resources of a kind, all by one call; those that are nowhere, or not the caller's, are left out. */
export function foundAtPeers(peers: Peers) {
  return async (kind: Kind, ids: readonly string[], signal: AbortSignal): Promise<Found[]> => {
    const peer = kind === 'guest' ? 'guests' : 'rooms'
    const request = { resource: kind, ids: [...ids] }
    const answer = await askPeer(peer, () =>
      peers.feeds[peer].listResources(request, repeatable(signal)).catch((error: unknown) => {
        // An instance of the build before does not know the method.
        if (error instanceof ClientError && error.code === Status.UNIMPLEMENTED) return undefined
        throw error
      }),
    )
    const found = answer?.resources ?? (await oneByOne(peers, kind, ids, signal))
    return found.filter(({ hotel }) => isVisible(hotel)).map(foundOf)
  }
}

function foundOf({ resource, version, hotel }: KnownResource): Found {
  const { type_url = '', value = Buffer.alloc(0) } = resource ?? {}
  return {
    hotel,
    ...(type_url.endsWith('.Room') && { location: Room.decode(value).location }),
    store: (em, generation) => storeReplica(em, type_url, value, { version: Number(version), generation }),
  }
}

async function oneByOne(
  peers: Peers,
  kind: Kind,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<KnownResource[]> {
  const found: KnownResource[] = []
  for (const id of ids) {
    const one = await get(peers, kind, id, signal)
    if (one !== undefined) found.push(one)
  }
  return found
}

async function get(peers: Peers, kind: Kind, id: string, signal: AbortSignal): Promise<KnownResource | undefined> {
  const options = repeatable(signal)
  switch (kind) {
    case 'guest': {
      const found = await askPeer('guests', () => peers.guests.getGuest({ id }, options))
      return found && known('Guest', found, Guest)
    }
    case 'room': {
      const found = await askPeer('rooms', () => peers.rooms.getRoom({ id }, options))
      return found && known('Room', found, Room)
    }
    case 'room_type': {
      const found = await askPeer('rooms', () => peers.roomTypes.getRoomType({ id }, options))
      return found && known('RoomType', found, RoomType)
    }
    case 'location': {
      const found = await askPeer('rooms', () => peers.locations.getLocation({ id }, options))
      return found && known('Location', found, Location)
    }
    default:
      return kind satisfies never
  }
}

type Encoder<Message> = { encode(message: Message): { finish(): Uint8Array } }

function known<Message extends { hotel: string; etag: string }>(
  name: string,
  message: Message,
  type: Encoder<Message>,
): KnownResource {
  const value = Buffer.from(type.encode(message).finish())
  return { resource: { type_url: `.${name}`, value }, version: BigInt(versionOf(message)), hotel: message.hotel }
}
