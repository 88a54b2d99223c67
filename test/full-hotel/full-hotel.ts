import { randomUUIDv7 } from 'node:crypto'
import { Reservation_Status as Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import type { Suite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'

const HOTELS = ['doomed_hotel', 'deleted_hotel'] as const
const LOCATIONS = ['doomed_location', 'deleted_location'] as const
const TYPES = ['doomed_type', 'deleted_type'] as const
const ROOMS = [
  'room',
  'other_room',
  'entered_room',
  'left_room',
  'free_room',
  'doomed_room',
  'deleted_room',
  'retired_room',
] as const
const GUESTS = ['guest', 'doomed_guest', 'deleted_guest', 'erased_guest', 'retired_guest', 'forgotten_guest'] as const
const EMPLOYEES = ['employee', 'doomed_employee', 'deleted_employee'] as const

type Name =
  | 'hotel'
  | 'location'
  | 'room_type'
  | (typeof HOTELS | typeof LOCATIONS | typeof TYPES | typeof ROOMS | typeof GUESTS | typeof EMPLOYEES)[number]
  | `${'' | 'other_' | 'doomed_' | 'cancelled_' | 'deleted_' | 'held_' | 'entered_' | 'left_'}reservation`
  | 'stay'
  | 'present_stay'
  | 'next_stay'
  | 'block'
  | 'doomed_block'

/** A hotel and whatever a hotel can have, by its ids: something for each method that needs a resource of its own. */
export type FullHotel = { readonly tag: string; readonly ids: Readonly<Record<Name, string>> }

type Keep = (name: Name, made: Promise<{ id: string }>) => Promise<string>

let houses = 0

/** Makes a hotel with all that, and two more hotels: one without anything, one that is deleted. */
export async function buildHouse(suite: Suite): Promise<FullHotel> {
  houses += 1
  const tag = `h${houses}`
  const ids = {} as Record<Name, string>
  const keep: Keep = async (name, made) => {
    const { id } = await made
    ids[name] = id
    return id
  }
  const hotel = await keep('hotel', suite.hotels.createHotel({ name: `FullHotel ${tag}` }))
  const place = { time_zone: 'UTC', hotel }
  const location = await keep('location', suite.locations.createLocation({ ...place, name: 'Main' }))
  const room_type = await keep('room_type', suite.roomTypes.createRoomType({ hotel, name: 'Double' }))
  const room = (name: Name) => keep(name, suite.rooms.createRoom({ location, number: `${tag} ${name}`, room_type }))
  const guest = (name: Name) => keep(name, suite.guests.createGuest({ hotel, first_name: tag, last_name: name }))
  const employee = (name: Name) =>
    keep(
      name,
      suite.employees.createEmployee({
        location,
        first_name: tag,
        email: `${name}@${tag}.example.org`,
        role: Role.MANAGER,
      }),
    )
  await Promise.all([
    ...HOTELS.map((name) => keep(name, suite.hotels.createHotel({ name }))),
    ...LOCATIONS.map((name) => keep(name, suite.locations.createLocation({ ...place, name }))),
    ...TYPES.map((name) => keep(name, suite.roomTypes.createRoomType({ hotel, name }))),
    ...ROOMS.map(room),
    ...GUESTS.map(guest),
    ...EMPLOYEES.map(employee),
  ])
  await book(suite, ids, keep)
  await remove(suite, ids)
  return { tag, ids }
}

async function book(suite: Suite, ids: Readonly<Record<Name, string>>, keep: Keep): Promise<void> {
  const reserve = (name: Name, room: Name, from: number, more: object = {}) =>
    keep(
      name,
      suite.reservations.createReservation({
        guest: ids.guest,
        room: ids[room],
        in_date: day(from),
        out_date: day(from + 2),
        ...more,
      }),
    )
  const block = (name: Name, from: number) =>
    keep(name, suite.blocks.createRoomBlock({ room: ids.room, in_date: day(from), out_date: day(from + 2) }))
  await Promise.all([
    reserve('stay', 'room', 0),
    reserve('next_stay', 'other_room', 1),
    reserve('present_stay', 'other_room', -2).then((id) =>
      suite.reservations.updateReservation({ id, status: Status.CHECKED_IN }),
    ),
    reserve('reservation', 'room', 10),
    reserve('other_reservation', 'other_room', 10),
    reserve('doomed_reservation', 'room', 20),
    reserve('cancelled_reservation', 'room', 25),
    reserve('deleted_reservation', 'room', 30),
    reserve('held_reservation', 'room', 40, { hold_until: new Date(Date.now() + 3_600_000) }),
    reserve('entered_reservation', 'entered_room', 0),
    reserve('left_reservation', 'left_room', -2),
    block('block', 50),
    block('doomed_block', 60),
  ])
  const go = (id: string, status: Status) => suite.reservations.updateReservation({ id, status })
  await Promise.all([
    go(ids.entered_reservation, Status.CHECKED_IN),
    go(ids.left_reservation, Status.CHECKED_IN).then(({ id }) => go(id, Status.CHECKED_OUT)),
  ])
}

async function remove(suite: Suite, ids: Readonly<Record<Name, string>>): Promise<void> {
  const id = (name: Name) => ({ id: ids[name] })
  await Promise.all([
    suite.hotels.deleteHotel(id('deleted_hotel')),
    suite.locations.deleteLocation(id('deleted_location')),
    suite.roomTypes.deleteRoomType(id('deleted_type')),
    suite.rooms.deleteRoom(id('deleted_room')),
    suite.guests.deleteGuest(id('deleted_guest')),
    suite.employees.deleteEmployee(id('deleted_employee')),
    suite.reservations.deleteReservation(id('deleted_reservation')),
  ])
}

/** A fullHotel of which nothing exists, that is called the same. */
export function noHouse({ tag, ids }: FullHotel): FullHotel {
  return { tag, ids: Object.fromEntries(Object.keys(ids).map((name) => [name, randomUUIDv7()])) as FullHotel['ids'] }
}

/** The hotels of a fullHotel. */
export function hotelsOf({ ids }: FullHotel): string[] {
  return [ids.hotel, ids.doomed_hotel, ids.deleted_hotel]
}
