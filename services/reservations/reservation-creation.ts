import { randomUUIDv7 } from 'node:crypto'
import type {
  CreateReservationRequest,
  Reservation as ReservationMessage,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { currentCaller } from '@hotel/runtime/access/caller'
import { callersHotels, isOfHotels, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database/database'
import { created } from '@hotel/runtime/resource/answer'
import { isId } from '@hotel/runtime/resource/id'
import { type FieldViolation, invalidFields } from '@hotel/runtime/resource/refusal'
import { repeatOf } from '@hotel/runtime/resource/repeats'
import { valid } from '@hotel/runtime/resource/valid'
import { newborn, type Write } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import { withAlternatives } from './alternatives.ts'
import { assign, placeOfType } from './assignment.ts'
import { refusedForCertain } from './certainty.ts'
import type { CreationGroups } from './creation-groups.ts'
import { demandOwnNumber } from './external-id.ts'
import { holdViolations } from './holds.ts'

import { type Claim, hold } from './occupancy.ts'
import { guestIsLive, hotelOfRooms, type Place, placeOfRooms, refuseAll, UNKNOWN_GUEST } from './parties.ts'
import { Reservation, reservationMessage } from './reservation.ts'
import { creationRules, namedRooms, roomsField } from './reservation-request.ts'
import type { Deps } from './reservation-service.ts'
import { legsOf, type Stay, stay } from './stay.ts'
import { noRoomOfType, roomNotAvailable } from './unavailable.ts'

type CreationDeps = Pick<Deps, 'orm' | 'writer' | 'peers' | 'clockOffset' | 'log' | 'lookUps' | 'groups'>

/** CreateReservation; the proto's comments say what it promises. */
export function reservationCreation({ writer: { write, hotels }, peers, groups, ...reading }: CreationDeps) {
  return async (request: CreateReservationRequest, call: CallContext): Promise<ReservationMessage> => {
    // What is wrong in itself costs no other service anything.
    const wanted = wantedOf(request)
    // A room of the type that was made a moment ago counts. While nobody can tell, what is known is booked all the same.
    const news = (hotel: string) => (request.room_type === '' ? Promise.resolve() : peers.news(hotel))
    const read = () => forkFor(reading.orm, call.signal)
    const asked = request.room_type === '' ? namedRooms(request)[0] : request.room_type
    const kind = request.room_type === '' ? 'room' : 'room_type'
    const alone = async () => {
      const hotel = await knownHotel(request, peers, read, call.signal)
      hotels.know(kind, asked ?? '', hotel)
      return refusedForCertain(news(hotel), () =>
        write(
          call,
          'CreateReservation',
          request,
          { hotel },
          {
            async apply(written) {
              const reservation = await create(written, hotel, request, wanted)
              return () => reservation.toProto()
            },
          },
        ),
      )
    }
    const attempt = async () => {
      const hotel = await hotels.known(kind, asked, call.signal)
      // Groups know no other systems: whether the number is free there is decided for each alone.
      const { external_id, source } = wanted.fields
      if (hotel === undefined || external_id !== null || source !== null) return alone()
      const inGroup = () => createInGroup(groups, hotel, request, wanted, call)
      return (await refusedForCertain(news(hotel), inGroup)) ?? (await alone())
    }
    const reservation = await withAlternatives(reading, call.signal, attempt)
    hotels.know('reservation', reservation.id, reservation.hotel)
    return created(call, '/reservations', reservation)
  }
}

/** Makes the reservation along with others; undefined when that does not tell: it is to be made alone then. */
async function createInGroup(
  groups: CreationGroups,
  hotel: string,
  request: CreateReservationRequest,
  { fields, dates }: Wanted,
  call: CallContext,
): Promise<ReservationMessage | undefined> {
  const type = fields.room_type
  const rooms = type === null ? namedRooms(request) : { type, count: fields.room_count ?? 1 }
  const id = randomUUIDv7()
  const { guest, location, note, hold_until: holdUntil } = fields
  const actor = currentCaller().subject
  const repeat = repeatOf(call, 'CreateReservation', request)
  const told = await groups(
    { id, hotel, guest, location, ...dates, rooms, note, holdUntil, actor, repeat },
    call.signal,
  )
  if (told.outcome === 'ASK') return undefined
  const wish = { hotel, location: told.place, stay: dates, rooms }
  switch (told.outcome) {
    case 'MADE':
      return reservationMessage({
        id,
        hotelId: hotel,
        locationId: told.place,
        ...dates,
        status: 'PENDING',
        guestId: guest,
        rooms: [...told.rooms],
        note,
        holdUntil,
        version: 1,
        createTime: told.at,
        updateTime: told.at,
        checkinDatetime: null,
        checkoutDatetime: null,
        deleteTime: null,
        reason: null,
        externalId: null,
        source: null,
        cause: null,
      })
    case 'HELD':
      throw roomNotAvailable(told.inTheWay, wish)
    case 'NO_ROOM':
      throw noRoomOfType(type ?? '', fields.room_count ?? 1, told.free, wish)
    default:
      return told satisfies never
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

type Wanted = { readonly fields: ReturnType<typeof fieldsOf>; readonly dates: Stay }

/** What a request wants; throws INVALID_FIELD for what is wrong whatever there is. */
function wantedOf(request: CreateReservationRequest): Wanted {
  const fields = fieldsOf(request)
  return { fields, dates: stay(fields.in_date, fields.out_date) }
}

function fieldsOf(request: CreateReservationRequest) {
  return valid(request, creationRules(request))
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

async function create(
  write: Write,
  hotel: string,
  request: CreateReservationRequest,
  { fields, dates }: Wanted,
): Promise<Reservation> {
  const { em, now } = write
  const type = fields.room_type
  const named = namedRooms(request)
  const found =
    type === null
      ? await placeOfNamed(em, hotel, request, fields.location, dates)
      : await placeOfType(em, hotel, type, fields.location)
  const violations = holdViolations(fields.hold_until, now)
  if ('field' in found) violations.unshift(found)
  if (!(await guestIsLive(em, hotel, fields.guest))) violations.push(UNKNOWN_GUEST)
  refuseAll(violations)
  const place = found as Place
  const external = { externalId: fields.external_id, source: fields.source }
  await demandOwnNumber(write, hotel, external)

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
    ...external,
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
  dates: Stay,
): Promise<Place | FieldViolation> {
  const place = await placeOfRooms(em, hotel, namedRooms(request), roomsField(request), dates)
  if ('field' in place || location === null || location === place.location) return place
  return { field: 'location', description: 'is not the location of the rooms: leave it out' }
}
