import { Employee_Role } from '@hotel/proto/hotel/rooms/v1/employees'
import type { Suite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'

/** Ids for the requests that schemathesis makes. */
export type Resources = {
  /** Of resources to refer to, which stay, by the names of the fields that do: `room_type`. */
  readonly references: Readonly<Record<string, readonly string[]>>
  /** Of resources to read, change and delete by the `id` of a path, by its first word: `room_types`. */
  readonly ids: Readonly<Record<string, readonly string[]>>
}

/** Makes some resources of every kind. */
export async function makeResources({ gateway }: Suite): Promise<Resources> {
  const several = async (count: number, make: (name: string, index: number) => Promise<{ id: string }>) =>
    (await Promise.all(Array.from({ length: count }, (_, index) => make(`Fuzzed ${count} ${index}`, index)))).map(
      ({ id }) => id,
    )
  const hotel = (await gateway.hotels.listHotels({})).hotels.map(({ id }) => id)
  const location = (await gateway.locations.listLocations({})).locations.map(({ id }) => id)
  const room_type = await several(2, (name) => gateway.roomTypes.createRoomType({ name }))
  const typeOf = (index: number) => room_type[index % room_type.length] ?? ''
  const createRoom = (number: string, index: number) =>
    gateway.rooms.createRoom({ number, room_type: typeOf(index), location: location[0] ?? '' })
  const room = await several(10, createRoom)
  const createGuest = (first_name: string) => gateway.guests.createGuest({ first_name })
  const guest = await several(3, createGuest)
  // In the rooms of the list, each in the nights of its own.
  const nights = (index: number) => ({ in_date: day(400 + index), out_date: day(401 + index) })
  const createReservation = (_: string, index: number) =>
    gateway.reservations.createReservation({ guest: guest[0] ?? '', room: room[index % 10] ?? '', ...nights(index) })
  const reservation = await several(3, createReservation)
  const ids = {
    hotels: await several(8, (name) => gateway.hotels.createHotel({ name })),
    locations: await several(9, (name) => gateway.locations.createLocation({ name, time_zone: 'Europe/Zurich' })),
    room_types: await several(10, (name) => gateway.roomTypes.createRoomType({ name })),
    rooms: await several(11, createRoom),
    employees: await several(12, (first_name, index) =>
      gateway.employees.createEmployee({
        first_name,
        email: `fuzzed${index}@example.org`,
        role: Employee_Role.FRONT_DESK,
      }),
    ),
    guests: await several(13, createGuest),
    reservations: await several(14, (name, index) => createReservation(name, index + 3)),
    room_blocks: await several(15, (_, index) =>
      gateway.blocks.createRoomBlock({
        room: room[index % 10] ?? '',
        in_date: day(500 + index),
        out_date: day(501 + index),
      }),
    ),
  }
  return { references: { hotel, location, room_type, room, guest, reservation }, ids }
}
