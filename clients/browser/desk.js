import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { ErrorInfoSchema } from './gen/google/rpc/error_details_pb.js'
import { GuestService } from './gen/hotel/guests/v1/guests_pb.js'
import { ReservationService } from './gen/hotel/reservations/v1/reservations_pb.js'
import { RoomService } from './gen/hotel/rooms/v1/rooms_pb.js'

/** The clients of a desk; createGrpcWebTransport of connect-web does as well. The token stays in memory, and in no storage. */
export function openDesk(url, token, createTransport = createConnectTransport) {
  const withToken = (next) => (request) => {
    request.header.set('authorization', `Bearer ${token}`)
    return next(request)
  }
  // Connect's other form, JSON, is not taken.
  const transport = createTransport({ baseUrl: url, useBinaryFormat: true, interceptors: [withToken] })
  return {
    guests: createClient(GuestService, transport),
    rooms: createClient(RoomService, transport),
    reservations: createClient(ReservationService, transport),
  }
}

/** Why a call was refused: the reason to decide on with its metadata, and the seconds to wait where there are some. */
export function refusalOf(error) {
  const refusal = ConnectError.from(error)
  const [info] = refusal.findDetails(ErrorInfoSchema)
  const retryAfter = Number(refusal.metadata.get('retry-after') ?? 0)
  return { code: Code[refusal.code], reason: info?.reason, metadata: info?.metadata, retryAfter }
}

/**
 * What happens to a hotel's rooms as it is committed: an answer at once, which says that the watch has begun, then some changes
 * in each. After a break it goes on where it was.
 */
export async function* watchRooms({ rooms }, hotel, signal) {
  let place = { fromNow: true }
  while (!signal.aborted) {
    try {
      for await (const answer of rooms.watchRooms({ hotel, ...place }, { signal })) {
        place = { cursor: answer.cursor }
        yield answer
      }
    } catch (error) {
      if (signal.aborted) return
      const { code } = ConnectError.from(error)
      // The service restarts, or the network is away.
      if (code !== Code.Unavailable && code !== Code.Unknown) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}
