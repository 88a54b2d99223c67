import type { Employee } from '@hotel/proto/hotel/rooms/v1/employees'
import { Employee_Role } from '@hotel/proto/hotel/rooms/v1/employees'
import type { Hotel } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { Location } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomType } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { Room } from '@hotel/proto/hotel/rooms/v1/rooms'
import { derivedId } from '@hotel/transfer/source/ids'
import { firstNames, lastNames } from './names.ts'
import { randomOf } from './random.ts'

/** The hotel with its buildings and the people who work there, as an import takes them. */
export type FullHotel = {
  readonly hotel: Partial<Hotel> & { readonly id: string }
  readonly locations: readonly (Partial<Location> & { readonly id: string; readonly time_zone: string })[]
  readonly room_types: readonly (Partial<RoomType> & { readonly id: string })[]
  readonly rooms: readonly (Partial<Room> & { readonly id: string; readonly location: string })[]
  readonly employees: readonly Partial<Employee>[]
}

export const HOTEL_NAME = 'Demo Hotel'

const places = [
  { name: 'Seefeld', address: 'Seefeldstrasse 100', city: 'Zürich', country_code: 'CH', time_zone: 'Europe/Zurich' },
  { name: 'Alfama', address: 'Rua dos Remédios 50', city: 'Lisboa', country_code: 'PT', time_zone: 'Europe/Lisbon' },
] as const

/** Each with its rooms on a floor of ten, and how many guests it has beds for. */
const types = [
  { name: 'Single', description: 'A bed of 120 cm, on the court.', max_guests: 1, onFloor: 2 },
  { name: 'Double', description: 'A bed of 180 cm.', max_guests: 2, onFloor: 5 },
  { name: 'Family', description: 'A double bed and two bunks.', max_guests: 4, onFloor: 2 },
  { name: 'Suite', description: 'Two rooms with a view.', max_guests: 3, onFloor: 1 },
] as const

const FLOORS = 6
const ROOMS_ON_FLOOR = 10

/** Makes the house of a hotel's id, as it was on the day before `today`: 120 rooms of four types at two locations. */
export function makeHouse(hotelId: string, today: Temporal.PlainDate): FullHotel {
  const create_time = new Date(`${today.subtract({ days: 400 })}T08:00:00Z`)
  const of = (kind: string, name: string) => ({ id: derivedId('demo', hotelId, kind, name), create_time })
  const locations = places.map((place) => ({ ...of('location', place.name), hotel: hotelId, ...place }))
  const room_types = types.map(({ onFloor, ...type }) => ({ ...of('room_type', type.name), hotel: hotelId, ...type }))
  const placesOfTypes = types.flatMap(({ onFloor }, index) => Array<number>(onFloor).fill(index))
  const rooms = locations.flatMap(({ id: location, name }) => {
    const numbers = Array.from({ length: FLOORS * ROOMS_ON_FLOOR }, (_, index) => ({
      number: String((Math.floor(index / ROOMS_ON_FLOOR) + 1) * 100 + (index % ROOMS_ON_FLOOR) + 1),
      type: placesOfTypes[index % ROOMS_ON_FLOOR] ?? 0,
    }))
    return numbers.map(({ number, type }) => ({
      ...{ ...of('room', `${name} ${number}`), hotel: hotelId, location, number },
      room_type: room_types[type]?.id ?? '',
    }))
  })
  // One room was given up: it shows how a room looks that is no more.
  const [first] = locations
  const given = { ...of('room', 'given up'), hotel: hotelId, location: first?.id ?? '', number: '7', room_type: '' }
  const gone = {
    ...given,
    room_type: room_types[0]?.id ?? '',
    delete_time: new Date(`${today.subtract({ days: 30 })}T09:00:00Z`),
  }
  return {
    hotel: { id: hotelId, name: HOTEL_NAME, create_time },
    locations,
    room_types,
    rooms: [...rooms, gone],
    employees: locations.flatMap(({ id: location, name }) => makeStaff(hotelId, location, name, create_time)),
  }
}

function makeStaff(hotel: string, location: string, place: string, create_time: Date): Partial<Employee>[] {
  const random = randomOf('staff', place)
  const roles: readonly Employee_Role[] = [
    ...Array<Employee_Role>(4).fill(Employee_Role.FRONT_DESK),
    ...Array<Employee_Role>(5).fill(Employee_Role.HOUSEKEEPING),
    Employee_Role.MANAGER,
  ]
  return roles.map((role, index) => ({
    id: derivedId('demo', hotel, 'employee', `${place} ${index}`),
    ...{ hotel, location, role, create_time, first_name: random.pick(firstNames), last_name: random.pick(lastNames) },
    email: `${place.toLowerCase()}.${index + 1}@staff.demo.example`,
  }))
}
