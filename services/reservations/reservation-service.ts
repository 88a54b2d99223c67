import {
  type CancelReservationRequest,
  type DeleteReservationRequest,
  type ReplaceReservationRequest,
  Reservation as ReservationMessage,
  type ReservationServiceImplementation,
  type UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { invalidFields } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Logger } from '@hotel/runtime/telemetry/log'
import type { CallContext } from 'nice-grpc'
import { type Reading, withAlternatives } from './alternatives.ts'
import { cancel, cancellationRules } from './cancellation.ts'
import { askedIfNeeded, refusedByPresentCalendar } from './certainty.ts'
import type { CreationGroups } from './creation-groups.ts'
import { type StayDeps, stayMethods } from './current-and-upcoming.ts'
import { type Asked, demandHeardOf, type Found, findReservation } from './found.ts'
import { confirm, demandConfirmable } from './holds.ts'
import { houseMethods } from './house-lists.ts'
import type { ReadThrough } from './read-through.ts'
import { Reservation, reservationRow } from './reservation.ts'
import { changeReservation, type Wanted } from './reservation-change.ts'
import { reservationCreation } from './reservation-creation.ts'
import { listReservations } from './reservation-list.ts'
import { changeRules, replacementRules, roomsField } from './reservation-request.ts'
import { changing, demandThere, NOBODY, ownOf } from './reservation-write.ts'
import { demandCounted, isCheck, isUncounted } from './status-check.ts'
import { demandOnePlace, inOrder, namedPair, swapRooms } from './swap.ts'
import { undelete } from './undelete.ts'
import { undoMethods } from './undo-methods.ts'

/** What the service needs: its database, its feed and the peers' answers. */
export type Deps = StayDeps & {
  writer: Writer
  groups: CreationGroups
  watch: Watch
  peers: ReadThrough
  log: Logger
  lookUps: Reading['lookUps']
}

/** The methods of ReservationService; the proto's comments say what each promises. */
export function reservationService(deps: Deps): ReservationServiceImplementation {
  const { orm, writer, page, watch, peers, clockOffset } = deps
  const { write, hotels } = writer
  const read = (call: CallContext) => forkFor(orm, call.signal)
  const scopeOf = async (id: string, call: CallContext) => ({
    hotel: await hotels.demand('reservation', id, call.signal),
  })
  const changed = async (
    call: CallContext,
    method: string,
    request: UpdateReservationRequest | ReplaceReservationRequest,
    wantedOf: () => Wanted,
  ) => {
    const scope = await scopeOf(request.id, call)
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
    const news = () => peers.news(scope.hotel)
    const byCalendar = (isAsked: boolean) => refusedByPresentCalendar(news, () => attempt(isAsked))
    const certain = () => askedIfNeeded(peers, call.signal, byCalendar)
    if (isCheck(call)) return certain()
    return withEtag(call, await withAlternatives(deps, call.signal, certain))
  }
  const cancelled = async (
    call: CallContext,
    method: string,
    request: DeleteReservationRequest | CancelReservationRequest,
  ) => {
    const scope = await scopeOf(request.id, call)
    const said = valid(request, cancellationRules)
    const reservation = await write(call, method, request, scope, {
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
    return withEtag(call, reservation)
  }

  return {
    createReservation: reservationCreation(deps),

    getReservation: getMethod(deps.read, 'reservation', reservationRow, { parameters: () => [clockOffset()] }),

    listReservations: (request, call) =>
      listReservations(deps.read, page('ListReservations', request), request, clockOffset(), call.signal),

    updateReservation: (request, call) =>
      changed(call, 'UpdateReservation', request, () => wantedOf(validChanges(request, changeRules(request)))),

    replaceReservation: (request, call) =>
      changed(call, 'ReplaceReservation', request, () => wantedOf(valid(request, replacementRules(request)))),

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

/**
 * Whom a change names, and, where it takes nights anew or brings back what is over, so that they must be live, who the
 * reservation is of: they may have been restored since.
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
