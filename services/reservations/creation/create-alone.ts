import type { CreateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { EntityManager } from '@hotel/runtime/database/database'
import type { FieldViolation } from '@hotel/runtime/errors/refusal'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { demandOwnNumber } from '../finding/external-id.ts'
import { assign, placeOfType } from '../nights/assignment.ts'
import { type Claim, hold } from '../nights/occupancy.ts'
import { legsOf, type Stay } from '../nights/stay.ts'
import { guestIsLive, type Place, placeOfRooms, refuseAll, UNKNOWN_GUEST } from '../replicas/guest-and-rooms.ts'
import { holdViolations } from '../reservation/holds.ts'
import { Reservation } from '../reservation/reservation.ts'
import { namedRooms, roomsField } from '../reservation/reservation-request.ts'
import type { Wanted } from './wanted.ts'

/** Makes the reservation in a transaction of its own, under the head of its hotel. Throws the refusal. */
export async function createAlone(
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

  const born = newResourceFields(write)
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

/** The place of rooms that are named; a location that is named too must be theirs. */
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
