import type { ReservationServiceImplementation } from '@hotel/proto/hotel/reservations/v1/reservations'
import { matchEtag } from '@hotel/runtime/read/etag'
import { withEtag } from '@hotel/runtime/resource/answer'
import type { Write } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { askedIfNeeded, refusedByPresentCalendar } from '../reservation/certainty.ts'
import { type Found, findReservation } from '../reservation/found.ts'
import { demandHeardOf } from '../reservation/found-rules.ts'
import type { Deps } from '../reservation/reservation-deps.ts'
import { changing, demandThere, NOBODY, ownOf } from '../reservation/reservation-write.ts'
import { undoCheckIn, undoCheckOut } from './undo.ts'

type Undone = {
  readonly method: 'UndoCheckIn' | 'UndoCheckOut'
  undo(found: Found, write: Write): Promise<void>
  /** Whether guest and rooms must be live for it. */
  readonly needsItsOwn: boolean
}

/** The methods of ReservationService which take a change of status back. */
export function undoMethods({
  writer,
  peers,
}: Pick<Deps, 'writer' | 'peers'>): Pick<ReservationServiceImplementation, 'undoCheckIn' | 'undoCheckOut'> {
  const undone = async (call: CallContext, request: { id: string; etag: string }, how: Undone) => {
    const scope = { hotel: await writer.hotels.demand('reservation', request.id, call.signal) }
    const attempt = (isAsked: boolean) =>
      writer.write(call, how.method, request, scope, {
        shares: changing(request.id),
        load: (em) => findReservation(em, scope.hotel, request.id, {}),
        async apply(written, found) {
          const { reservation } = found
          if (!isAsked && how.needsItsOwn) demandHeardOf(found, { named: NOBODY, own: ownOf([found]) })
          demandThere(reservation, written)
          matchEtag(call, request, reservation.version)
          await how.undo(found, written)
          return () => reservation.toProto()
        },
      })
    const byCalendar = (isAsked: boolean) =>
      refusedByPresentCalendar(
        () => peers.catchUp(scope.hotel),
        () => attempt(isAsked),
      )
    return withEtag(call, await askedIfNeeded(peers, call.signal, byCalendar))
  }
  return {
    undoCheckIn: (request, call) =>
      undone(call, request, { method: 'UndoCheckIn', undo: undoCheckIn, needsItsOwn: false }),
    undoCheckOut: (request, call) =>
      undone(call, request, { method: 'UndoCheckOut', undo: undoCheckOut, needsItsOwn: true }),
  }
}
