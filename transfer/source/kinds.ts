import { Cancellation_Cause, Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { Employee_Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { id, instant, integer, legs, list, nameOf, text } from '../csv/cells.ts'
import { date } from '../csv/date-cell.ts'
import { countryOf, phone } from '../csv/phone-cell.ts'
import { foldKey, foldName, uuidOf, visible } from './folding.ts'
import { derivedId, guestId } from './ids.ts'
import type { Kind, KindName } from './kind.ts'
import { hotelOf, hotelOr, ofHotel, ofLocation } from './kind-places.ts'

const times = { create_time: instant, delete_time: instant }

const hotels: Kind = {
  name: 'hotels',
  service: 'rooms',
  columns: { id, name: text, ...times },
  more: [],
  required: ['name'],
  resolve: async () => ({}),
  identify: async ({ name = '' }, _, references) =>
    (await references.existing('hotels', name, '')) ?? derivedId('hotel', foldName(name)),
}

const locations: Kind = {
  name: 'locations',
  service: 'rooms',
  columns: {
    ...{ id, hotel: text, name: text, address: text, city: text, country_code: text, time_zone: text },
    ...times,
  },
  more: [],
  required: ['name', 'time_zone'],
  resolve: ofHotel,
  identify: async ({ name = '' }, { hotel }, references) =>
    (await references.existing('locations', name, hotelOr(hotel))) ??
    derivedId('location', hotelOr(hotel), foldName(name)),
}

const room_types: Kind = {
  name: 'room_types',
  service: 'rooms',
  columns: { id, hotel: text, name: text, description: text, max_guests: integer, ...times },
  more: [],
  required: ['name'],
  resolve: ofHotel,
  identify: async ({ name = '' }, { hotel }, references) =>
    (await references.existing('room_types', name, hotelOr(hotel))) ??
    derivedId('room_type', hotelOr(hotel), foldName(name)),
}

const rooms: Kind = {
  name: 'rooms',
  service: 'rooms',
  columns: { id, hotel: text, location: text, number: text, room_type: text, ...times },
  more: [],
  required: ['number'],
  async resolve(cells, references) {
    const placed = await ofLocation(cells, references)
    const { room_type } = cells
    if (room_type === undefined) return placed
    return { ...placed, room_type: await references.roomType(room_type, await hotelOf(placed, references)) }
  },
  async identify({ number = '' }, { location }, references) {
    const place = (location as string | undefined) ?? DEFAULT_LOCATION
    return (await references.existing('rooms', number, place)) ?? derivedId('room', place, visible(number))
  },
}

const employees: Kind = {
  name: 'employees',
  service: 'rooms',
  columns: {
    ...{ id, hotel: text, location: text, first_name: text, last_name: text, email: text },
    ...{ role: nameOf(Employee_Role), ...times },
  },
  more: [],
  required: ['first_name', 'email', 'role'],
  resolve: ofLocation,
  identify: async ({ email = '' }, resolved, references) =>
    derivedId('employee', (await hotelOf(resolved, references)) ?? '', email.toLowerCase()),
}

const guests: Kind = {
  name: 'guests',
  service: 'guests',
  columns: { id, hotel: text, first_name: text, last_name: text, email: text, phone, ...times },
  more: ['key', 'phone_country'],
  required: ['first_name'],
  reading: ({ phone_country }, reading) =>
    phone_country === undefined ? reading : { ...reading, country: countryOf(phone_country) },
  resolve: ofHotel,
  identify: async ({ key }, { hotel }) => (key === undefined ? undefined : guestId(hotelOr(hotel), key)),
}

const reservations: Kind = {
  name: 'reservations',
  service: 'reservations',
  columns: {
    ...{ id, hotel: text, location: text, guest: text, rooms: list, in_date: date, out_date: date },
    ...{ status: nameOf(Reservation_Status), note: text, checkin_datetime: instant, checkout_datetime: instant },
    ...{
      ...times,
      reason: text,
      hold_until: instant,
      external_id: text,
      source: text,
      cause: nameOf(Cancellation_Cause),
      legs,
    },
  },
  more: ['key', 'room'],
  required: ['guest', 'in_date', 'out_date'],
  async resolve(cells, references) {
    const placed = await ofLocation(cells, references)
    const hotel = placed.hotel ?? (placed.location && (await references.place(placed.location))?.hotel)
    const room = (cell: string) => references.room(cell, hotel, placed.location)
    const rooms =
      cells.rooms === undefined ? [] : await Promise.all((list.read(cells.rooms, 'rooms', {}) as string[]).map(room))
    const resolved = { ...placed, rooms, ...(cells.room !== undefined && { room: await room(cells.room) }) }
    const { guest } = cells
    if (guest === undefined) return resolved
    // A key is of the hotel of the rooms; the rooms are listed only for it.
    const guestsId = uuidOf(guest)
    if (guestsId !== undefined) return { ...resolved, guest: guestsId }
    const first = resolved.room ?? rooms[0] ?? ''
    return { ...resolved, guest: references.guest(guest, hotel ?? (await references.hotelOfRoom(first))) }
  },
  identify: async ({ key }, { hotel }) =>
    key === undefined ? undefined : derivedId('reservation', hotelOr(hotel), foldKey(key)),
}

const room_blocks: Kind = {
  name: 'room_blocks',
  service: 'reservations',
  columns: {
    ...{ id, hotel: text, location: text, room: text, in_date: date, out_date: date, reason: text },
    ...times,
  },
  more: [],
  required: ['room', 'in_date', 'out_date'],
  async resolve(cells, references) {
    const placed = await ofLocation(cells, references)
    return cells.room === undefined
      ? placed
      : { ...placed, room: await references.room(cells.room, placed.hotel, placed.location) }
  },
  identify: async () => undefined,
}

/** All kinds, in the order of an import: what others refer to comes first. */
export const kinds: readonly Kind[] = [
  hotels,
  locations,
  room_types,
  rooms,
  employees,
  guests,
  reservations,
  room_blocks,
]

/** The kind of this name. */
export function kindOf(name: KindName): Kind {
  return kinds.find((kind) => kind.name === name) as Kind
}
