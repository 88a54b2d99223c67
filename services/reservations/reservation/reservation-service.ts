import {
  type CancelReservationRequest,
  type DeleteReservationRequest,
  Reservation as ReservationMessage,
  type ReservationServiceImplementation,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { valid } from '@hotel/runtime/call/valid'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { matchEtag } from '@hotel/runtime/read/etag'
import { getMethod } from '@hotel/runtime/read/get'
import { withEtag } from '@hotel/runtime/resource/answer'
import type { CallContext } from 'nice-grpc'
import { reservationCreation } from '../creation/reservation-creation.ts'
import { stayMethods } from '../current-and-upcoming/current-and-upcoming.ts'
import { houseMethods } from '../desk/house-lists.ts'
import { noShowMethods } from '../desk/no-shows.ts'
import { undoMethods } from '../desk/undo-methods.ts'
import { listReservations } from '../finding/reservation-list.ts'
import { withAlternatives } from '../nights/alternatives.ts'
import { cancel, cancellationRules } from './cancellation.ts'
import { askedIfNeeded, refusedByPresentCalendar } from './certainty.ts'
import { changeMethods } from './change-methods.ts'
import { type Found, findReservation } from './found.ts'
import { demandHeardOf } from './found-rules.ts'
import { confirm, demandConfirmable } from './holds.ts'
import { Reservation, reservationRow } from './reservation.ts'
import type { Deps } from './reservation-deps.ts'
import { changing, demandThere, NOBODY, ownOf } from './reservation-write.ts'
import { demandOnePlace, inOrder, namedPair, swapRooms } from './swap.ts'
import { undelete } from './undelete.ts'

/** The methods of ReservationService; the proto's comments say what each promises. */
export function reservationService(deps: Deps): ReservationServiceImplementation {
  const { orm, writer, page, watch, peers, clockOffset } = deps
  const { write, hotels } = writer
  const read = (call: CallContext) => forkFor(orm, call.signal)
  const scopeOf = async (id: string, call: CallContext) => ({
    hotel: await hotels.demand('reservation', id, call.signal),
  })
  const cancelled = async (
    call: CallContext,
    method: string,
    request: DeleteReservationRequest | CancelReservationRequest,
  ) => {
    const scope = await scopeOf(request.id, call)
    const said = valid(request, cancellationRules)
    const attempt = () =>
      write(call, method, request, scope, {
        shares: changing(request.id),
        load: (em) => findReservation(em, scope.hotel, request.id, {}),
        async apply(written, found) {
          const { reservation } = found
          demandThere(reservation, written)
          matchEtag(call, request, reservation.version)
          await cancel(found, said, written)
          return () => reservation.toProto()
        },
      })
    return withEtag(call, await refusedByPresentCalendar(() => peers.catchUp(scope.hotel), attempt))
  }

  return {
    createReservation: reservationCreation(deps),

    getReservation: getMethod(deps.read, 'reservation', reservationRow, { parameters: () => [clockOffset()] }),

    listReservations: (request, call) =>
      listReservations(deps.read, page('ListReservations', request), request, clockOffset(), call.signal),

    ...changeMethods(deps),

    deleteReservation: (request, call) => cancelled(call, 'DeleteReservation', request),

    cancelReservation: (request, call) => cancelled(call, 'CancelReservation', request),

    async undeleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const attempt = (isAsked: boolean) =>
        write(call, 'UndeleteReservation', request, scope, {
          shares: changing(request.id),
          load: (em) => findReservation(em, scope.hotel, request.id, {}),
          async apply(written, found) {
            if (!isAsked) demandHeardOf(found, { named: NOBODY, own: ownOf([found]) })
            matchEtag(call, request, found.reservation.version)
            await undelete(found, written)
            return () => found.reservation.toProto()
          },
        })
      const certain = () => askedIfNeeded(peers, call.signal, attempt)
      return withEtag(call, await withAlternatives(deps, call.signal, certain))
    },

    async confirmReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const reservation = await write(call, 'ConfirmReservation', request, scope, {
        shares: changing(request.id),
        load: (em) => find(em, Reservation, scope.hotel, request.id),
        async apply(written, reservation) {
          demandConfirmable(reservation, written.now)
          matchEtag(call, request, reservation.version)
          await confirm(reservation, written)
          return () => reservation.toProto()
        },
      })
      return withEtag(call, reservation)
    },

    ...undoMethods(deps),
    ...noShowMethods(deps),

    async swapRooms(request, call) {
      const ids = namedPair(request, call)
      const [one, other] = [await scopeOf(ids[0], call), await scopeOf(ids[1], call)]
      demandOnePlace(one.hotel, other.hotel)
      const findEach = (em: EntityManager) => ids.map((id) => findReservation(em, one.hotel, id, {}))
      const attempt = (isAsked: boolean) =>
        write(call, 'SwapRooms', request, one, {
          load: (em) => Promise.all(findEach(em) as [Promise<Found>, Promise<Found>]),
          async apply(written, pair) {
            if (!isAsked) demandHeardOf(bothOf(pair), { named: NOBODY, own: ownOf(pair) })
            for (const { reservation } of pair) demandThere(reservation, written)
            await swapRooms(pair, request, written)
            return () => ({ reservations: pair.map(({ reservation }) => reservation.toProto()) })
          },
          several: {
            ids,
            answer: (messages) => ({ reservations: inOrder(ids, messages as ReservationMessage[]) }),
          },
        })
      return askedIfNeeded(peers, call.signal, attempt)
    },

    async listReservationHistory(request, call) {
      const { hotel } = await scopeOf(request.id, call)
      const subject = { table: 'reservation', hotel, fields: HISTORY }
      return listHistory(read(call), page('ListReservationHistory', request), request, subject)
    },

    ...stayMethods(deps),
    ...houseMethods(deps),

    watchReservations: (request, call) => watch(call, request, 'reservation'),
  }
}

const HISTORY = historyFields(ReservationMessage.fromPartial({}))

function bothOf([one, other]: readonly [Found, Found]) {
  return { guests: [...one.guests, ...other.guests], rooms: [...one.rooms, ...other.rooms] }
}
