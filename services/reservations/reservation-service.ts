import {
  type ReplaceReservationRequest,
  Reservation as ReservationMessage,
  type ReservationServiceImplementation,
  type UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import { forkFor } from '@hotel/runtime/database/database'
import { withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { invalidFields, notFound } from '@hotel/runtime/resource/refusal'
import { optional, requiredText, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, type Write, type Writer } from '@hotel/runtime/resource/write'
import type { Logger } from '@hotel/runtime/telemetry/log'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from './alternatives.ts'
import { refusedByPresentCalendar, refusedForCertain } from './certainty.ts'
import type { CreationGroups } from './creation-groups.ts'
import { type StayDeps, stayMethods } from './current-and-upcoming.ts'
import { confirm, demandConfirmable } from './holds.ts'
import { type Located, locate, needsItsOwn } from './located.ts'
import { release } from './occupancy.ts'
import type { ReadThrough } from './read-through.ts'
import { invalidTransition, Reservation, reservationRow } from './reservation.ts'
import { changeReservation, type Wanted } from './reservation-change.ts'
import { reservationCreation } from './reservation-creation.ts'
import { listReservations } from './reservation-list.ts'
import { changeRules, replacementRules, roomsField } from './reservation-request.ts'
import { demandCounted, isCheck } from './status-check.ts'
import { demandOnePlace, inOrder, namedPair, swapRooms } from './swap.ts'
import { undelete } from './undelete.ts'

/** What the service needs: its database, its feed and the peers' answers. */
export type Deps = StayDeps & {
  writer: Writer
  groups: CreationGroups
  watch: Watch
  peers: ReadThrough
  log: Logger
}

/** The methods of ReservationService; the proto's comments say what each promises. */
export function reservationService(deps: Deps): ReservationServiceImplementation {
  const { orm, writer, page, watch, peers, clockOffset } = deps
  const { write } = writer
  const read = (call: CallContext) => forkFor(orm, call.signal)
  const scopeOf = async (id: string, call: CallContext) => ({ hotel: (await locate(read(call), id, 0)).hotel })
  /** Asks for those of the guests and rooms of reservations that are deleted here: they may have been restored since. */
  const ask = (found: readonly Located[], call: CallContext) =>
    peers.named({ guest: found.map(({ guest }) => guest), room: found.flatMap(({ rooms }) => rooms) }, call.signal)
  const changed = async (
    call: CallContext,
    method: string,
    request: UpdateReservationRequest | ReplaceReservationRequest,
    wantedOf: () => Wanted,
  ) => {
    const scope = await locate(read(call), request.id, 0)
    const wanted = wantedOf()
    const { guestId = '', rooms = [] } = wanted
    await peers.named({ guest: [guestId], room: rooms }, call.signal)
    const asked = needsItsOwn(scope, wanted) ? ask([scope], call) : Promise.resolve()
    const apply = async (written: Write) => {
      const reservation = await findLive(written, scope.hotel, request.id)
      matchEtag(call, request, reservation.version)
      if (method === 'UpdateReservation') demandOneRoom(reservation, request)
      await changeReservation(reservation, wanted, written, roomsField(request))
      await demandCounted(call, written)
      return () => reservation.toProto()
    }
    const news = () => peers.news(scope.hotel)
    const byCalendar = () => refusedByPresentCalendar(news, () => write(call, method, request, scope, apply))
    const attempt = () => refusedForCertain(asked, byCalendar)
    if (isCheck(call)) return attempt()
    return withEtag(call, await withAlternatives(deps, call.signal, attempt))
  }

  return {
    createReservation: reservationCreation(deps),

    getReservation: getMethod(deps.read, 'reservation', reservationRow, { parameters: () => [clockOffset()] }),

    listReservations: (request, call) =>
      listReservations(read(call), page('ListReservations', request), request, clockOffset()),

    updateReservation: (request, call) =>
      changed(call, 'UpdateReservation', request, () => wantedOf(validChanges(request, changeRules(request)))),

    replaceReservation: (request, call) =>
      changed(call, 'ReplaceReservation', request, () => wantedOf(valid(request, replacementRules(request)))),

    async deleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const { reason } = valid(request, { reason: optional(requiredText(2000)) })
      const reservation = await write(call, 'DeleteReservation', request, scope, async (written) => {
        const reservation = await findLive(written, scope.hotel, request.id)
        matchEtag(call, request, reservation.version)
        if (reservation.status !== 'PENDING') throw invalidTransition(reservation.status, 'DELETED')
        await release(written.em, scope.hotel, [reservation])
        change(reservation, { deleteTime: written.now, reason }, written)
        return () => reservation.toProto()
      })
      return withEtag(call, reservation)
    },

    async undeleteReservation(request, call) {
      const scope = await locate(read(call), request.id, 0)
      const apply = async (written: Write) => {
        const reservation = await written.em.findOneOrFail(Reservation, { hotelId: scope.hotel, id: request.id })
        matchEtag(call, request, reservation.version)
        await undelete(reservation, written)
        return () => reservation.toProto()
      }
      const attempt = () =>
        refusedForCertain(ask([scope], call), () => write(call, 'UndeleteReservation', request, scope, apply))
      return withEtag(call, await withAlternatives(deps, call.signal, attempt))
    },

    async confirmReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const reservation = await write(call, 'ConfirmReservation', request, scope, async (written) => {
        const reservation = await written.em.findOneOrFail(Reservation, { hotelId: scope.hotel, id: request.id })
        demandConfirmable(reservation, written.now)
        matchEtag(call, request, reservation.version)
        await confirm(reservation, written)
        return () => reservation.toProto()
      })
      return withEtag(call, reservation)
    },

    async swapRooms(request, call) {
      const ids = namedPair(request, call)
      const [one, other] = [await locate(read(call), ids[0], 0), await locate(read(call), ids[1], 0)]
      demandOnePlace(one.hotel, other.hotel)
      const apply = async (written: Write) => {
        const pair = [await findLive(written, one.hotel, ids[0]), await findLive(written, one.hotel, ids[1])] as const
        await swapRooms(pair, request, written)
        return () => ({ reservations: pair.map((reservation) => reservation.toProto()) })
      }
      const both = {
        ids,
        answer: (messages: object[]) => ({ reservations: inOrder(ids, messages as ReservationMessage[]) }),
      }
      return refusedForCertain(ask([one, other], call), () =>
        write(call, 'SwapRooms', request, { hotel: one.hotel }, { apply, several: both }),
      )
    },

    async listReservationHistory(request, call) {
      const { hotel } = await scopeOf(request.id, call)
      const subject = { table: 'reservation', hotel, fields: HISTORY }
      return listHistory(read(call), page('ListReservationHistory', request), request, subject)
    },

    ...stayMethods(deps),

    watchReservations: (request, call) => watch(call, request, 'reservation'),
  }
}

const HISTORY = historyFields(ReservationMessage.fromPartial({}))

async function findLive({ em, now }: Write, hotelId: string, id: string): Promise<Reservation> {
  const reservation = await em.findOneOrFail(Reservation, { hotelId, id })
  if (reservation.isGone(now)) throw notFound('reservation', id)
  return reservation
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
  }
}

/** The shorthand `room` would silently drop the other rooms. */
function demandOneRoom(reservation: Reservation, request: { room?: string | undefined; rooms: string[] }): void {
  if (reservation.rooms.length > 1 && request.rooms.length === 0 && request.room) {
    throw invalidFields([{ field: 'room', description: 'the reservation has several rooms: send `rooms`' }])
  }
}
