import { randomUUIDv7 } from 'node:crypto'
import type {
  CreateReservationRequest,
  Reservation as ReservationMessage,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { currentCaller } from '@hotel/runtime/access/caller'
import { callersHotels, isOfHotels, isVisible, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database/database'
import { created } from '@hotel/runtime/resource/answer'
import { isId } from '@hotel/runtime/resource/id'
import { type FieldViolation, invalidFields, Refusal } from '@hotel/runtime/resource/refusal'
import { valid } from '@hotel/runtime/resource/valid'
import { newborn, repeatOf, type Write } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from './alternatives.ts'
import { assign, placeOfType } from './assignment.ts'
import type { CreationGroups } from './creation-groups.ts'
import { holdViolations } from './holds.ts'
import { hotelsOfIds } from './hotels-of-ids.ts'
import { type Claim, hold } from './occupancy.ts'
import { guestIsLive, hotelOfRooms, type Place, placeOfRooms, refuseAll, UNKNOWN_GUEST } from './parties.ts'
import { Reservation } from './reservation.ts'
import type { Keeping } from './reservation-cache.ts'
import { creationRules, namedRooms, roomsField } from './reservation-request.ts'
import type { Deps } from './reservation-service.ts'
import { legsOf, type Stay, stay } from './stay.ts'
import { NoRoom, noRoomOfType, roomNotAvailable } from './unavailable.ts'

type CreationDeps = Pick<Deps, 'orm' | 'peers' | 'clockOffset' | 'groups'> & {
  readonly write: Keeping<ReservationMessage>
}

/** CreateReservation; the proto's comments say what it promises. */
export function reservationCreation({ orm, write, peers, clockOffset, groups }: CreationDeps) {
  const hotels = hotelsOfIds()
  return async (request: CreateReservationRequest, call: CallContext): Promise<ReservationMessage> => {
    const read = () => forkFor(orm, call.signal)
    const { guest, room_type, location } = request
    const [asked = ''] = room_type === '' ? namedRooms(request) : [room_type]
    // A room of the type that was made a moment ago counts. While nobody can tell, what is known is booked all the same.
    const news = async (hotel: string) =>
      room_type === '' ? undefined : await peers.news(hotel).catch((error: unknown) => error)
    const known = hotels.of(asked)
    const unsureOfKnown = known !== undefined && isVisible(known) ? await news(known) : undefined
    const attempt = async () => {
      if (known !== undefined && isVisible(known)) {
        const made = await createInGroup(groups, known, request, call)
        if (made !== undefined) return made
      }
      const ids = { guest: [guest], room: namedRooms(request), room_type: [room_type], location: [location] }
      await peers.named(ids, call.signal)
      const hotel = await hotelAsked(read(), request)
      if (hotel === undefined) throw await unknownRooms(read(), request)
      hotels.know(asked, hotel)
      const unsure = await news(hotel)
      return write(call, 'CreateReservation', request, { hotel }, async (written) => {
        const reservation = await create(written, hotel, request)
        return () => reservation.toProto()
      }).catch((error) => {
        throw error instanceof NoRoom && unsure !== undefined ? unsure : error
      })
    }
    const decided = withAlternatives(attempt, read, clockOffset).catch((error) => {
      throw unsureOfKnown !== undefined && error instanceof Refusal && error.reason === 'NO_ROOM_OF_TYPE_AVAILABLE'
        ? unsureOfKnown
        : error
    })
    return created(call, '/reservations', await decided)
  }
}

/** Makes the reservation along with others; undefined when that does not tell: it is to be made alone then. */
async function createInGroup(
  groups: CreationGroups,
  hotel: string,
  request: CreateReservationRequest,
  call: CallContext,
): Promise<ReservationMessage | undefined> {
  const fields = valid(request, creationRules(request))
  const dates = stay(fields.in_date, fields.out_date)
  const rooms =
    fields.room_type === null ? namedRooms(request) : { type: fields.room_type, count: fields.room_count ?? 1 }
  const id = randomUUIDv7()
  const { guest, location, note, hold_until: holdUntil } = fields
  const actor = currentCaller().subject
  const repeat = repeatOf(call, 'CreateReservation', request)
  const wanted = { id, hotel, guest, location, ...dates, rooms, note, holdUntil, actor, repeat }
  const told = await groups(wanted, call.signal)
  switch (told.outcome) {
    case 'MADE':
      return Object.assign(new Reservation(), {
        ...{ id, hotelId: hotel, locationId: told.place, ...dates, status: 'PENDING', guestId: guest },
        ...{ rooms: told.rooms, note, holdUntil, version: 1, createTime: told.at, updateTime: told.at },
        ...{ checkinDatetime: null, checkoutDatetime: null, deleteTime: null, reason: null, updatedBy: actor },
      }).toProto()
    case 'HELD':
      throw roomNotAvailable(told.inTheWay, { hotel, location: told.place, stay: dates, rooms })
    case 'NO_ROOM': {
      const { type, count } = rooms as { type: string; count: number }
      throw noRoomOfType(type, count, told.free, { hotel, location: told.place, stay: dates, rooms })
    }
    case 'ASK':
      return undefined
    default:
      return told satisfies never
  }
}

/** The hotel that a new reservation is of: that of its rooms or their type. */
async function hotelAsked(em: EntityManager, request: CreateReservationRequest): Promise<string | undefined> {
  const ofRooms = await hotelOfRooms(em, namedRooms(request).filter(isId))
  return ofRooms ?? knownHotelOf(em, 'room_type', request.room_type)
}

/** What to say when neither rooms nor a room type are known, and so no hotel is; all that is wrong besides, too. */
async function unknownRooms(em: EntityManager, request: CreateReservationRequest): Promise<Error> {
  const { guest, room_type } = valid(request, creationRules(request))
  const unknown: FieldViolation =
    room_type === null
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

async function create(write: Write, hotel: string, request: CreateReservationRequest): Promise<Reservation> {
  const { em, now } = write
  const fields = valid(request, creationRules(request))
  const dates = stay(fields.in_date, fields.out_date)
  const type = fields.room_type
  const named = namedRooms(request)
  const found =
    type === null
      ? await placeOfNamed(em, hotel, request, fields.location)
      : await placeOfType(em, hotel, type, fields.location)
  const violations = holdViolations(fields.hold_until, now)
  if ('field' in found) violations.unshift(found)
  if (!(await guestIsLive(em, hotel, fields.guest))) violations.push(UNKNOWN_GUEST)
  refuseAll(violations)
  const place = found as Place

  const born = newborn(write)
  const holdUntil = fields.hold_until
  const claim = { id: born.id, holdUntil }
  const wanted = { place, stay: dates }
  const rooms =
    type === null
      ? await holdNamed(write, { ...wanted, rooms: named }, claim)
      : await assign(write, { ...wanted, ...claim, type, count: fields.room_count ?? 1 })
  return em.create(Reservation, {
    ...born,
    hotelId: hotel,
    locationId: place.location,
    ...dates,
    status: 'PENDING',
    guestId: fields.guest,
    rooms,
    note: fields.note,
    holdUntil,
  })
}

type Named = { readonly place: Place; readonly stay: Stay; readonly rooms: string[] }

async function holdNamed(write: Write, { place, stay, rooms }: Named, claim: Omit<Claim, 'legs'>): Promise<string[]> {
  await hold(write, place.hotel, [{ ...claim, isNew: true, legs: legsOf(stay, rooms) }], { ...place, stay, rooms })
  return rooms
}

/** The place of rooms that are named; a location that is named besides must be theirs. */
async function placeOfNamed(
  em: EntityManager,
  hotel: string,
  request: CreateReservationRequest,
  location: string | null,
): Promise<Place | FieldViolation> {
  const place = await placeOfRooms(em, hotel, namedRooms(request), roomsField(request))
  if ('field' in place || location === null || location === place.location) return place
  return { field: 'location', description: 'is not the location of the rooms: leave it out' }
}
