import type {
  ReplaceReservationRequest,
  ReservationServiceImplementation,
  UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { valid, validChanges } from '@hotel/runtime/call/valid'
import { invalidFields } from '@hotel/runtime/errors/refusal'
import { matchEtag } from '@hotel/runtime/read/etag'
import { withEtag } from '@hotel/runtime/resource/answer'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from '../nights/alternatives.ts'
import { askedIfNeeded, refusedByPresentCalendar } from './certainty.ts'
import { type Found, findReservation } from './found.ts'
import { type Asked, demandHeardOf } from './found-rules.ts'
import type { Reservation } from './reservation.ts'
import { changeReservation, type Wanted } from './reservation-change.ts'
import type { Deps } from './reservation-deps.ts'
import { changeRules, replacementRules, roomsField } from './reservation-request.ts'
import { changing, demandThere, NOBODY, ownOf } from './reservation-write.ts'
import { demandCounted, isCheck, isUncounted } from './status-check.ts'

/** The methods of ReservationService which change a reservation's own fields. */
export function changeMethods(
  deps: Deps,
): Pick<ReservationServiceImplementation, 'updateReservation' | 'replaceReservation'> {
  const { peers, writer } = deps
  const { write, hotels } = writer
  const changed = async (
    call: CallContext,
    method: string,
    request: UpdateReservationRequest | ReplaceReservationRequest,
    wantedOf: () => Wanted,
  ) => {
    const scope = { hotel: await hotels.demand('reservation', request.id, call.signal) }
    const wanted = wantedOf()
    const attempt = (isAsked: boolean) =>
      write(call, method, request, scope, {
        ...(!isUncounted(call) && { shares: changing(request.id) }),
        load: (em) => findReservation(em, scope.hotel, request.id, wanted),
        async apply(written, found) {
          const { reservation } = found
          if (!isAsked) demandHeardOf(found, partiesOf(found, wanted))
          demandThere(reservation, written)
          matchEtag(call, request, reservation.version)
          if (method === 'UpdateReservation') demandOneRoom(reservation, request)
          await changeReservation(found, wanted, written, roomsField(request))
          await demandCounted(call, written)
          return () => reservation.toProto()
        },
      })
    const catchUp = () => peers.catchUp(scope.hotel)
    const byCalendar = (isAsked: boolean) => refusedByPresentCalendar(catchUp, () => attempt(isAsked))
    const certain = () => askedIfNeeded(peers, call.signal, byCalendar)
    if (isCheck(call)) return certain()
    return withEtag(call, await withAlternatives(deps, call.signal, certain))
  }

  return {
    updateReservation: (request, call) =>
      changed(call, 'UpdateReservation', request, () => wantedOf(validChanges(request, changeRules(request)))),

    replaceReservation: (request, call) =>
      changed(call, 'ReplaceReservation', request, () => wantedOf(valid(request, replacementRules(request)))),
  }
}

/**
 * The guest and rooms that a change names. A change that takes new nights or makes a past stay current needs live ones:
 * then also the reservation's own guest and rooms, which may have been restored since.
 */
function partiesOf(found: Found, { guestId, rooms = [], inDate, outDate, status }: Wanted): Asked {
  const { reservation } = found
  const movesDates =
    (inDate ?? reservation.inDate) !== reservation.inDate || (outDate ?? reservation.outDate) !== reservation.outDate
  const needsItsOwn = movesDates || (reservation.status === 'PENDING' && status === 'CHECKED_IN')
  return {
    named: { guest: guestId === undefined ? [] : [guestId], room: rooms },
    own: needsItsOwn ? ownOf([found]) : NOBODY,
  }
}

type Fields = Partial<ReturnType<typeof valid<ReturnType<typeof replacementRules>>>>

function wantedOf(fields: Fields): Wanted {
  const rooms = fields.rooms ?? (fields.room ? [fields.room] : undefined)
  return {
    inDate: fields.in_date,
    outDate: fields.out_date,
    status: fields.status,
    guestId: fields.guest,
    rooms,
    note: fields.note,
    externalId: fields.external_id,
    source: fields.source,
  }
}

/** The shorthand `room` would silently drop the other rooms. */
function demandOneRoom(reservation: Reservation, request: { room?: string | undefined; rooms: string[] }): void {
  if (reservation.rooms.length > 1 && request.rooms.length === 0 && request.room) {
    throw invalidFields([{ field: 'room', description: 'the reservation has several rooms: send `rooms`' }])
  }
}
