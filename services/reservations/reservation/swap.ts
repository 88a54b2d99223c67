import type {
  Reservation as ReservationMessage,
  SwapRoomsRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { Invalid, type Rule, valid } from '@hotel/runtime/call/valid'
import { isId } from '@hotel/runtime/errors/id'
import { invalidFields } from '@hotel/runtime/errors/refusal'
import { demandEtag } from '@hotel/runtime/read/etag'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { demandEmpty, roomsEntered } from '../desk/check-in.ts'
import { hold } from '../nights/occupancy.ts'
import type { Found } from './found.ts'
import { demandLiveRooms } from './found-rules.ts'
import { changedLegs, demandChangeable, sameRooms } from './reservation-change.ts'

type Pair<T> = readonly [T, T]

/** The two reservations that a swap names. Throws INVALID_FIELD, also for an `if-match`, which would be of neither. */
export function namedPair(request: SwapRoomsRequest, call: CallContext): Pair<string> {
  const { reservations } = valid(request, { reservations: pair, etags: noneOrTwo })
  if (call.metadata.get('if-match') !== undefined) {
    throw invalidFields([
      { field: 'if-match', description: 'does not say to which reservation it belongs: send `etags`' },
    ])
  }
  return reservations
}

const pair: Rule<Pair<string>> = (value) => {
  const [a, b, ...more] = value as string[]
  if (a === undefined || b === undefined || more.length > 0)
    throw new Invalid('does not have two ids: name two reservations')
  if (!isId(a) || !isId(b))
    throw new Invalid('contains a value that is not an id: give the 36 lower-case characters of each')
  if (a === b) throw new Invalid('names one reservation twice')
  return [a, b]
}

const noneOrTwo: Rule<string[]> = (value) => {
  const etags = value as string[]
  if (etags.length !== 0 && etags.length !== 2)
    throw new Invalid('does not have one for each reservation: send two, or none')
  return etags
}

/** Throws INVALID_FIELD for reservations of two hotels, or of two locations of one. */
export function demandOnePlace(a: string, b: string): void {
  if (a === b) return
  throw invalidFields([
    { field: 'reservations', description: 'belong to two locations: rooms can be swapped within one location only' },
  ])
}

/** The two reservations in the order of the request. */
export function inOrder(ids: Pair<string>, reservations: ReservationMessage[]): ReservationMessage[] {
  return ids.flatMap((id) => reservations.filter((reservation) => reservation.id === id))
}

/**
 * Gives each of two reservations the other's rooms, under the rules of its status, in the write's transaction: both or
 * neither. The nights of both are freed before any is taken, so no third room is needed.
 */
export async function swapRooms(pair: Pair<Found>, { etags }: SwapRoomsRequest, write: Write): Promise<void> {
  const [a, b] = [pair[0].reservation, pair[1].reservation]
  for (const [index, { version }] of [a, b].entries()) demandEtag(etags[index], version)
  demandOnePlace(a.locationId, b.locationId)
  if (sameRooms(a.rooms, b.rooms)) return
  const moves = [
    { found: pair[0], rooms: b.rooms, known: pair[1] },
    { found: pair[1], rooms: a.rooms, known: pair[0] },
  ]
  const claims = []
  for (const { found, rooms, known } of moves) {
    const { reservation } = found
    const { id, inDate, outDate, guestId, status, holdUntil } = reservation
    const dates = { inDate, outDate }
    demandChangeable(reservation, { ...dates, guestId, rooms, roomsField: 'rooms' })
    demandLiveRooms(known, rooms, dates)
    const entered = roomsEntered(status, reservation.rooms, status, rooms)
    demandEmpty(known, { rooms: entered, today: found.today })
    const nights = { dates, rooms, to: status, roomsField: 'rooms' }
    claims.push({ id, legs: changedLegs(found, nights) ?? [], holdUntil })
  }
  await hold(write, a.hotelId, claims)
  const wanted = moves.map(({ found, rooms }) => ({ reservation: found.reservation, rooms: [...rooms] }))
  for (const { reservation, rooms } of wanted) change(reservation, { rooms }, write)
}
