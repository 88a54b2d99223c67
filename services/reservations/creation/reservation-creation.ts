import type {
  CreateReservationRequest,
  Reservation as ReservationMessage,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { callersHotels, isOfHotels, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database/database'
import { isId } from '@hotel/runtime/errors/id'
import { type FieldViolation, invalidFields } from '@hotel/runtime/errors/refusal'
import { created } from '@hotel/runtime/resource/answer'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from '../nights/alternatives.ts'
import { hotelOfRooms, UNKNOWN_GUEST } from '../replicas/guest-and-rooms.ts'
import { refusedForCertain } from '../reservation/certainty.ts'
import type { Deps } from '../reservation/reservation-deps.ts'
import { namedRooms, roomsField } from '../reservation/reservation-request.ts'
import { createAlone } from './create-alone.ts'
import { createInGroup } from './create-in-group.ts'
import { wantedOf } from './wanted.ts'

type CreationDeps = Pick<Deps, 'orm' | 'writer' | 'peers' | 'clockOffset' | 'log' | 'lookUps' | 'groups'>

/** CreateReservation; the proto's comments say what it promises. */
export function reservationCreation({ writer: { write, hotels }, peers, groups, ...reading }: CreationDeps) {
  return async (request: CreateReservationRequest, call: CallContext): Promise<ReservationMessage> => {
    // What is wrong in itself costs no other service anything.
    const wanted = wantedOf(request)
    // A room of the type that was made a moment ago counts. While nobody can tell, what is known is booked all the same.
    const catchUp = (hotel: string) => (request.room_type === '' ? Promise.resolve() : peers.catchUp(hotel))
    const read = () => forkFor(reading.orm, call.signal)
    const asked = request.room_type === '' ? namedRooms(request)[0] : request.room_type
    const kind = request.room_type === '' ? 'room' : 'room_type'
    const alone = async () => {
      const hotel = await knownHotel(request, peers, read, call.signal)
      hotels.know(kind, asked ?? '', hotel)
      return refusedForCertain(catchUp(hotel), () =>
        write(
          call,
          'CreateReservation',
          request,
          { hotel },
          {
            async apply(written) {
              const reservation = await createAlone(written, hotel, request, wanted)
              return () => reservation.toProto()
            },
          },
        ),
      )
    }
    const attempt = async () => {
      const hotel = await hotels.known(kind, asked, call.signal)
      if (hotel === undefined) return alone()
      const inGroup = () => createInGroup(groups, hotel, request, wanted, call)
      return (await refusedForCertain(catchUp(hotel), inGroup)) ?? (await alone())
    }
    const reservation = await withAlternatives(reading, call.signal, attempt)
    hotels.know('reservation', reservation.id, reservation.hotel)
    return created(call, '/reservations', reservation)
  }
}

/** The hotel of what a request names, once the services that own it were asked for what is not known here. */
async function knownHotel(
  request: CreateReservationRequest,
  peers: Deps['peers'],
  read: () => EntityManager,
  signal: AbortSignal,
): Promise<string> {
  const { guest, room_type, location } = request
  const ids = { guest: [guest], room: namedRooms(request), room_type: [room_type], location: [location] }
  await peers.named(ids, signal)
  const hotel = await hotelAsked(read(), request)
  if (hotel === undefined) throw await unknownRooms(read(), request)
  return hotel
}

/** The hotel that a new reservation is of: that of its rooms or their type. */
async function hotelAsked(em: EntityManager, request: CreateReservationRequest): Promise<string | undefined> {
  const ofRooms = await hotelOfRooms(em, namedRooms(request).filter(isId))
  return ofRooms ?? knownHotelOf(em, 'room_type', request.room_type)
}

/** What to say when neither rooms nor a room type are known, and so no hotel is; an unknown guest besides, too. */
async function unknownRooms(em: EntityManager, request: CreateReservationRequest): Promise<Error> {
  const { guest, room_type } = request
  const unknown: FieldViolation =
    room_type === ''
      ? { field: roomsField(request), description: 'no room has this id' }
      : { field: 'room_type', description: 'no room type has this id' }
  const hotels = callersHotels()
  const known = await query(
    em,
    `select 1 from guest where id = $1 and delete_time is null and ${isOfHotels('hotel_id', '$2', hotels)}`,
    [guest, hotels],
  )
  return invalidFields(known.length > 0 ? [unknown] : [unknown, UNKNOWN_GUEST])
}
