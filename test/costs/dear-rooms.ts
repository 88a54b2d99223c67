import { randomUUID } from 'node:crypto'
import type { Suite } from '../harness/test-suite.ts'
import { byId, type Dearest, dear, long, PAGE } from './dear.ts'
import type { LargeHotel } from './large-hotel.ts'

/** Of the rooms service. */
export function dearRooms(suite: Suite, large: LargeHotel): Dearest {
  return {
    ...hotels(suite, large),
    ...locations(suite, large),
    ...roomTypes(suite, large),
    ...rooms(suite, large),
    ...employees(suite, large),
  }
}

const name = () => `${long(200)}${randomUUID()}`

function hotels(suite: Suite, { hotel }: LargeHotel): Dearest {
  const made = () => suite.hotels.createHotel({ name: name() })
  return {
    'HotelService/CreateHotel': [dear('long name', () => ({ name: name() }))],
    'HotelService/GetHotel': [dear('one', { id: hotel })],
    'HotelService/ListHotels': [dear('all', { ...PAGE, show_deleted: true })],
    'HotelService/UpdateHotel': [dear('long name', () => ({ id: hotel, name: name() }))],
    'HotelService/ReplaceHotel': [dear('long name', () => ({ id: hotel, name: name() }))],
    'HotelService/DeleteHotel': [byId(made)],
    'HotelService/UndeleteHotel': [byId(async () => suite.hotels.deleteHotel({ id: (await made()).id }))],
    'HotelService/WatchHotels': [dear('from the beginning', { hotel })],
  }
}

function locations(suite: Suite, { hotel, location }: LargeHotel): Dearest {
  const made = () => suite.locations.createLocation({ hotel, name: name(), time_zone: 'UTC' })
  const whole = () => ({ name: name(), time_zone: 'UTC', address: long(255), city: long(255), country_code: 'CH' })
  return {
    'LocationService/CreateLocation': [dear('whole', () => ({ hotel, ...whole() }))],
    'LocationService/GetLocation': [dear('one', { id: location })],
    'LocationService/ListLocations': [dear('all', { ...PAGE, hotel, show_deleted: true })],
    'LocationService/UpdateLocation': [dear('whole', () => ({ id: location, ...whole() }))],
    'LocationService/ReplaceLocation': [dear('whole', () => ({ id: location, ...whole() }))],
    'LocationService/DeleteLocation': [byId(made)],
    'LocationService/UndeleteLocation': [byId(async () => suite.locations.deleteLocation({ id: (await made()).id }))],
    'LocationService/WatchLocations': [dear('from the beginning', { hotel })],
  }
}

function roomTypes(suite: Suite, { hotel, location, roomType, room }: LargeHotel): Dearest {
  const made = () => suite.roomTypes.createRoomType({ hotel, name: name() })
  const whole = () => ({ name: name(), description: long(2000), max_guests: 4 })
  return {
    'RoomTypeService/CreateRoomType': [dear('whole', () => ({ hotel, ...whole() }))],
    'RoomTypeService/GetRoomType': [dear('one', { id: roomType(1) })],
    'RoomTypeService/ListRoomTypes': [
      dear('all', { ...PAGE, hotel, show_deleted: true }),
      dear('of a location', { ...PAGE, hotel, location }),
      dear('of none', { ...PAGE, hotel, location: room(1) }),
    ],
    'RoomTypeService/UpdateRoomType': [dear('with many rooms', () => ({ id: roomType(1), ...whole() }))],
    'RoomTypeService/ReplaceRoomType': [dear('with many rooms', () => ({ id: roomType(1), ...whole() }))],
    'RoomTypeService/DeleteRoomType': [
      byId(made),
      dear('with many rooms', { id: roomType(1) }, { refused: 'RESOURCE_IN_USE' }),
    ],
    'RoomTypeService/UndeleteRoomType': [byId(async () => suite.roomTypes.deleteRoomType({ id: (await made()).id }))],
    'RoomTypeService/WatchRoomTypes': [dear('from the beginning', { hotel })],
  }
}

function rooms(suite: Suite, { hotel, location, roomType, room, freeRoom }: LargeHotel): Dearest {
  const made = () => suite.rooms.createRoom({ location, number: randomUUID() })
  return {
    'RoomService/CreateRoom': [dear('long number', () => ({ location, number: name() }))],
    'RoomService/GetRoom': [dear('one', { id: room(1) })],
    'RoomService/ListRooms': [
      dear('all', { ...PAGE, hotel, show_deleted: true }),
      dear('of type and location', { ...PAGE, hotel, room_type: roomType(1), location }),
      dear('of a type without rooms', { ...PAGE, hotel, room_type: roomType(2), location }),
    ],
    'RoomService/UpdateRoom': [dear('with many stays', (_, n) => ({ id: room(1), number: `1 ${n}` }))],
    'RoomService/ReplaceRoom': [
      dear('with many stays', (_, n) => ({ id: room(1), number: `1 again ${n}`, location, room_type: roomType(1) })),
    ],
    'RoomService/DeleteRoom': [byId(made), dear('with many stays', { id: room(1) }, { refused: 'ROOM_IN_USE' })],
    'RoomService/UndeleteRoom': [byId(async () => suite.rooms.deleteRoom({ id: (await made()).id }))],
    'RoomService/ListRoomHistory': [dear('a page', { ...PAGE, id: freeRoom })],
    'RoomService/WatchRooms': [dear('from the beginning', { hotel })],
  }
}

function employees(suite: Suite, { hotel, location, employee }: LargeHotel): Dearest {
  const email = () => `${randomUUID()}@example.org`
  const whole = () => ({ location, first_name: long(255), last_name: long(255), email: email(), role: 'MANAGER' })
  const made = () => suite.employees.createEmployee({ location, first_name: 'Ada', email: email(), role: 1 })
  return {
    'EmployeeService/CreateEmployee': [dear('whole', whole)],
    'EmployeeService/GetEmployee': [dear('one', { id: employee(1) })],
    'EmployeeService/ListEmployees': [
      dear('all', { ...PAGE, hotel, show_deleted: true }),
      dear('of a role that nobody has', { ...PAGE, hotel, location, role: 'HOUSEKEEPING' }),
    ],
    'EmployeeService/UpdateEmployee': [dear('whole', () => ({ id: employee(1), ...whole() }))],
    'EmployeeService/ReplaceEmployee': [dear('whole', () => ({ id: employee(1), ...whole() }))],
    'EmployeeService/DeleteEmployee': [byId(made)],
    'EmployeeService/UndeleteEmployee': [byId(async () => suite.employees.deleteEmployee({ id: (await made()).id }))],
    'EmployeeService/WatchEmployees': [dear('from the beginning', { hotel })],
  }
}
