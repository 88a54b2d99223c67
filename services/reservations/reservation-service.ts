import type {
  ReplaceReservationRequest,
  ReservationServiceImplementation,
  UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { created, withEtag } from '@hotel/runtime/answer'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database'
import { matchEtag } from '@hotel/runtime/etag'
import { isId } from '@hotel/runtime/id'
import { type FieldViolation, invalidFields, notFound, precondition } from '@hotel/runtime/refusal'
import { optionalText, valid, validChanges } from '@hotel/runtime/valid'
import { change, newborn, type Writer } from '@hotel/runtime/write'
import type { CallContext } from 'nice-grpc'
import { type StayDeps, stayMethods } from './current-and-upcoming.ts'
import { hold, release } from './occupancy.ts'
import { guestIsLive, hotelOfRooms, placeOfRooms, refuseAll, UNKNOWN_GUEST } from './parties.ts'
import type { ReadThrough } from './read-through.ts'
import { invalidTransition, Reservation } from './reservation.ts'
import type { ReservationCache } from './reservation-cache.ts'
import { changeReservation, type Wanted } from './reservation-change.ts'
import { listReservations } from './reservation-list.ts'
import { changeRules, creationRules, namedRooms, replacementRules, roomsField } from './reservation-request.ts'
import { legsOf, stay } from './stay.ts'

/** What the service needs: its database, its caches and the peers' answers. */
export type Deps = StayDeps & { writer: Writer; peers: ReadThrough; cache: ReservationCache }

/** The methods of ReservationService; the proto's comments say what each promises. */
export function reservationService(deps: Deps): ReservationServiceImplementation {
  const { orm, writer, page, peers, cache } = deps
  const write = cache.keeping(writer.write)
  const read = (call: CallContext) => forkFor(orm, call.signal)
  const scopeOf = async (id: string, call: CallContext) => ({ hotel: await hotelOf(read(call), id) })
  const changed = async (
    call: CallContext,
    method: string,
    request: UpdateReservationRequest | ReplaceReservationRequest,
    wanted: () => Wanted,
  ) => {
    const scope = await scopeOf(request.id, call)
    if (request.guest !== undefined && request.guest !== '') await peers.guest(request.guest, call.signal)
    await peers.rooms(namedRooms(request), call.signal)
    const reservation = await write(call, method, request, scope, async (written) => {
      const reservation = await findLive(written.em, scope.hotel, request.id)
      matchEtag(call, request, reservation.version)
      if (method === 'UpdateReservation') demandOneRoom(reservation, request)
      await changeReservation(reservation, wanted(), written, roomsField(request))
      return () => reservation.toProto()
    })
    return withEtag(call, reservation)
  }

  return {
    async createReservation(request, call) {
      await peers.guest(request.guest, call.signal)
      await peers.rooms(namedRooms(request), call.signal)
      const named = namedRooms(request)
      const hotel = await hotelOfRooms(read(call), named.filter(isId))
      if (hotel === undefined) {
        const { guest } = valid(request, creationRules(request))
        const known = await query(read(call), 'select 1 from guest where id = $1 and delete_time is null', [guest])
        const unknownRoom = { field: roomsField(request), description: 'no room has this id' }
        throw invalidFields(known.length > 0 ? [unknownRoom] : [unknownRoom, UNKNOWN_GUEST])
      }
      const reservation = await write(call, 'CreateReservation', request, { hotel }, async (written) => {
        const { em } = written
        const fields = valid(request, creationRules(request))
        const dates = stay(fields.in_date, fields.out_date)
        const place = await placeOfRooms(em, hotel, named, roomsField(request))
        const violations: FieldViolation[] = 'field' in place ? [place] : []
        if (!(await guestIsLive(em, hotel, fields.guest))) violations.push(UNKNOWN_GUEST)
        refuseAll(violations)
        if ('field' in place) throw new Error('unreachable: refused above')
        const born = newborn(written)
        await hold(em, hotel, born.id, legsOf(dates, named))
        const reservation = em.create(Reservation, {
          ...born,
          hotelId: hotel,
          locationId: place.location,
          ...dates,
          status: 'PENDING',
          guestId: fields.guest,
          rooms: named,
          note: fields.note,
        })
        return () => reservation.toProto()
      })
      return created(call, '/reservations', reservation)
    },

    async getReservation({ id }, call) {
      if (!isId(id)) throw notFound('reservation', id)
      const reservation = await cache.read(id, async () => {
        const em = read(call)
        const stored = await em.findOneOrFail(Reservation, { hotelId: await hotelOf(em, id), id })
        return stored.toProto()
      })
      return withEtag(call, reservation)
    },

    listReservations: (request, call) => listReservations(read(call), page('ListReservations', request), request),

    updateReservation: (request, call) =>
      changed(call, 'UpdateReservation', request, () => wantedOf(validChanges(request, changeRules(request)))),

    replaceReservation: (request, call) =>
      changed(call, 'ReplaceReservation', request, () => wantedOf(valid(request, replacementRules(request)))),

    async deleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const reservation = await write(call, 'DeleteReservation', request, scope, async (written) => {
        const reservation = await findLive(written.em, scope.hotel, request.id)
        matchEtag(call, request, reservation.version)
        const { reason } = valid(request, { reason: (value) => (value === '' ? null : optionalText(2000)(value)) })
        if (reservation.status !== 'PENDING') throw invalidTransition(reservation.status, 'DELETED')
        await release(written.em, scope.hotel, reservation.id)
        change(reservation, { deleteTime: written.now, reason }, written)
        return () => reservation.toProto()
      })
      return withEtag(call, reservation)
    },

    async undeleteReservation(request, call) {
      const scope = await scopeOf(request.id, call)
      const reservation = await write(call, 'UndeleteReservation', request, scope, async (written) => {
        const { em } = written
        const reservation = await em.findOneOrFail(Reservation, { hotelId: scope.hotel, id: request.id })
        matchEtag(call, request, reservation.version)
        if (reservation.deleteTime === null) throw precondition('ALREADY_LIVE', 'the reservation is not deleted')
        if (!(await guestIsLive(em, scope.hotel, reservation.guestId))) throw guestDeleted(reservation.guestId)
        const place = await placeOfRooms(em, scope.hotel, reservation.rooms, 'rooms')
        if ('field' in place) throw precondition('ROOM_NOT_AVAILABLE', 'a room of the reservation is deleted')
        const dates = stay(reservation.inDate, reservation.outDate)
        await hold(em, scope.hotel, reservation.id, legsOf(dates, reservation.rooms))
        change(reservation, { deleteTime: null, reason: null }, written)
        return () => reservation.toProto()
      })
      return withEtag(call, reservation)
    },

    ...stayMethods(deps),
  }
}

/** The hotel of a reservation by id alone: the one look-up that does not know the hotel. Throws NOT_FOUND. */
async function hotelOf(em: EntityManager, id: string): Promise<string> {
  if (!isId(id)) throw notFound('reservation', id)
  const [row] = await query<{ hotel_id: string }>(em, 'select hotel_id from reservation where id = $1', [id])
  if (row === undefined) throw notFound('reservation', id)
  return row.hotel_id
}

async function findLive(em: EntityManager, hotelId: string, id: string): Promise<Reservation> {
  const reservation = await em.findOneOrFail(Reservation, { hotelId, id })
  if (reservation.deleteTime !== null) throw notFound('reservation', id)
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

function guestDeleted(guest: string): Error {
  return precondition('GUEST_DELETED', 'the guest is deleted: restore the guest first', { guest })
}
