import {
  type ReplaceReservationRequest,
  Reservation as ReservationMessage,
  type ReservationServiceImplementation,
  type UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { isVisible } from '@hotel/runtime/access/hotels'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database/database'
import { withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { isId } from '@hotel/runtime/resource/id'
import { invalidFields, notFound } from '@hotel/runtime/resource/refusal'
import { optional, requiredText, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, type Write, type Writer } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from './alternatives.ts'
import type { CreationGroups } from './creation-groups.ts'
import { type StayDeps, stayMethods } from './current-and-upcoming.ts'
import { confirm, demandConfirmable } from './holds.ts'
import { release } from './occupancy.ts'
import type { ReadThrough } from './read-through.ts'
import { invalidTransition, Reservation } from './reservation.ts'
import type { ReservationCache } from './reservation-cache.ts'
import { changeReservation, type Wanted } from './reservation-change.ts'
import { reservationCreation } from './reservation-creation.ts'
import { listReservations } from './reservation-list.ts'
import { changeRules, namedRooms, replacementRules, roomsField } from './reservation-request.ts'
import { demandOnePlace, inOrder, namedPair, swapRooms } from './swap.ts'
import { undelete } from './undelete.ts'

/** What the service needs: its database, its feed, its caches and the peers' answers. */
export type Deps = StayDeps & {
  writer: Writer
  groups: CreationGroups
  watch: Watch
  peers: ReadThrough
  cache: ReservationCache
}

/** The methods of ReservationService; the proto's comments say what each promises. */
export function reservationService(deps: Deps): ReservationServiceImplementation {
  const { orm, writer, page, watch, peers, clockOffset, cache } = deps
  const write = cache.keeping(writer.write, (reservation: ReservationMessage) => [reservation])
  const writePair = cache.keeping(writer.write, (pair: { reservations: ReservationMessage[] }) => pair.reservations)
  const read = (call: CallContext) => forkFor(orm, call.signal)
  const scopeOf = async (id: string, call: CallContext) => ({ hotel: (await locate(read(call), id, 0)).hotel })
  const changed = async (
    call: CallContext,
    method: string,
    request: UpdateReservationRequest | ReplaceReservationRequest,
    wanted: () => Wanted,
  ) => {
    const scope = await scopeOf(request.id, call)
    await peers.named({ guest: [request.guest ?? ''], room: namedRooms(request) }, call.signal)
    const apply = async (written: Write) => {
      const reservation = await findLive(written, scope.hotel, request.id)
      matchEtag(call, request, reservation.version)
      if (method === 'UpdateReservation') demandOneRoom(reservation, request)
      await changeReservation(reservation, wanted(), written, roomsField(request))
      return () => reservation.toProto()
    }
    const attempt = () => write(call, method, request, scope, apply)
    return withEtag(call, await withAlternatives(attempt, () => read(call), clockOffset))
  }

  return {
    createReservation: reservationCreation({ ...deps, write }),

    async getReservation({ id }, call) {
      if (!isId(id)) throw notFound('reservation', id)
      const reservation = await cache.read(id, async () => {
        const em = read(call)
        const { hotel, now } = await locate(em, id, clockOffset())
        return (await em.findOneOrFail(Reservation, { hotelId: hotel, id })).toProto(now)
      })
      return withEtag(call, reservation)
    },

    listReservations: (request, call) =>
      listReservations(read(call), page('ListReservations', request), request, clockOffset()),

    updateReservation: (request, call) =>
      changed(call, 'UpdateReservation', request, () => wantedOf(validChanges(request, changeRules(request)))),

    replaceReservation: (request, call) =>
      changed(call, 'ReplaceReservation', request, () => wantedOf(valid(request, replacementRules(request)))),

    async deleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const reservation = await write(call, 'DeleteReservation', request, scope, async (written) => {
        const reservation = await findLive(written, scope.hotel, request.id)
        matchEtag(call, request, reservation.version)
        const { reason } = valid(request, { reason: optional(requiredText(2000)) })
        if (reservation.status !== 'PENDING') throw invalidTransition(reservation.status, 'DELETED')
        await release(written.em, scope.hotel, reservation.id)
        change(reservation, { deleteTime: written.now, reason }, written)
        return () => reservation.toProto()
      })
      return withEtag(call, reservation)
    },

    async undeleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const apply = async (written: Write) => {
        const reservation = await written.em.findOneOrFail(Reservation, { hotelId: scope.hotel, id: request.id })
        matchEtag(call, request, reservation.version)
        await undelete(reservation, written)
        return () => reservation.toProto()
      }
      const attempt = () => write(call, 'UndeleteReservation', request, scope, apply)
      return withEtag(call, await withAlternatives(attempt, () => read(call), clockOffset))
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
      const [one, other] = [await scopeOf(ids[0], call), await scopeOf(ids[1], call)]
      demandOnePlace(one.hotel, other.hotel)
      const apply = async (written: Write) => {
        const pair = [await findLive(written, one.hotel, ids[0]), await findLive(written, one.hotel, ids[1])] as const
        await swapRooms(pair, request, written)
        return () => ({ reservations: pair.map((reservation) => reservation.toProto()) })
      }
      return writePair(call, 'SwapRooms', request, one, apply, {
        changes: 2,
        answer: (messages) => ({ reservations: inOrder(ids, messages as ReservationMessage[]) }),
      })
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

/**
 * The hotel of a reservation by id alone, as hotelOf gives it; and the time, from before what is read next. Throws
 * NOT_FOUND, also for one that is not of the caller's hotels.
 */
async function locate(em: EntityManager, id: string, clockOffset: number): Promise<{ hotel: string; now: Date }> {
  if (!isId(id)) throw notFound('reservation', id)
  const [row] = await query<{ hotel: string; now: string }>(
    em,
    `select hotel_id as hotel, statement_timestamp() + make_interval(secs => $2) as now from reservation where id = $1`,
    [id, clockOffset],
  )
  if (row === undefined || !isVisible(row.hotel)) throw notFound('reservation', id)
  return { hotel: row.hotel, now: new Date(row.now) }
}

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
