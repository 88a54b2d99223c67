import type { FullHotel } from './full-hotel.ts'
import { each, filteredBy, type Requests } from './requests-of-method.ts'

const person = { first_name: 'Ada', last_name: 'Lovelace' }
const place = { name: 'Annex', time_zone: 'UTC' }

/** Of the guests and the rooms service. */
export function resourceRequests(fullHotel: FullHotel): Requests {
  return {
    ...guests(fullHotel),
    ...hotels(fullHotel),
    ...locations(fullHotel),
    ...roomTypes(fullHotel),
    ...rooms(fullHotel),
    ...employees(fullHotel),
  }
}

function guests({ ids: { hotel, guest, doomed_guest, deleted_guest, erased_guest } }: FullHotel): Requests {
  return {
    'GuestService/CreateGuest': each({ hotel, ...person }),
    'GuestService/GetGuest': each({ id: guest }, { id: deleted_guest }),
    'GuestService/ListGuests': filteredBy({ hotel, query: 'guest' }, { show_deleted: true }),
    'GuestService/UpdateGuest': each({ id: guest, last_name: 'new guest' }, { id: guest, hotel }),
    'GuestService/ReplaceGuest': each({ id: guest, ...person }, { id: guest, hotel, ...person }),
    'GuestService/DeleteGuest': each({ id: doomed_guest }),
    'GuestService/UndeleteGuest': each({ id: deleted_guest }),
    'GuestService/EraseGuest': each({ id: erased_guest }),
    'GuestService/ListGuestHistory': each({ id: guest }),
    'GuestService/WatchGuests': each({ hotel }, { hotel, from_now: true }),
  }
}

function hotels({ tag, ids: { hotel, doomed_hotel, deleted_hotel } }: FullHotel): Requests {
  return {
    'HotelService/CreateHotel': each({ name: tag }),
    'HotelService/GetHotel': each({ id: hotel }, { id: deleted_hotel }),
    'HotelService/ListHotels': each({ show_deleted: true }),
    'HotelService/UpdateHotel': each({ id: hotel, name: 'Grand' }),
    'HotelService/ReplaceHotel': each({ id: hotel, name: 'Grand' }),
    'HotelService/DeleteHotel': each({ id: doomed_hotel }),
    'HotelService/UndeleteHotel': each({ id: deleted_hotel }),
    'HotelService/WatchHotels': each({ hotel }),
  }
}

function locations({ ids: { hotel, location, doomed_location, deleted_location } }: FullHotel): Requests {
  return {
    'LocationService/CreateLocation': each({ hotel, ...place }),
    'LocationService/GetLocation': each({ id: location }, { id: deleted_location }),
    'LocationService/ListLocations': filteredBy({ hotel }, { show_deleted: true }),
    'LocationService/UpdateLocation': each({ id: location, name: 'Annex' }, { id: location, hotel }),
    'LocationService/ReplaceLocation': each({ id: location, ...place }, { id: location, hotel, ...place }),
    'LocationService/DeleteLocation': each({ id: doomed_location }),
    'LocationService/UndeleteLocation': each({ id: deleted_location }),
    'LocationService/WatchLocations': each({ hotel }),
  }
}

function roomTypes({ ids: { hotel, location, room_type, doomed_type, deleted_type } }: FullHotel): Requests {
  return {
    'RoomTypeService/CreateRoomType': each({ hotel, name: 'Suite' }),
    'RoomTypeService/GetRoomType': each({ id: room_type }, { id: deleted_type }),
    'RoomTypeService/ListRoomTypes': [
      ...filteredBy({ hotel, location }, { show_deleted: true }),
      ...each({ hotel, location }),
    ],
    'RoomTypeService/UpdateRoomType': each({ id: room_type, name: 'Twin' }, { id: room_type, hotel }),
    'RoomTypeService/ReplaceRoomType': each({ id: room_type, name: 'Twin' }, { id: room_type, hotel, name: 'Twin' }),
    'RoomTypeService/DeleteRoomType': each({ id: doomed_type }),
    'RoomTypeService/UndeleteRoomType': each({ id: deleted_type }),
    'RoomTypeService/WatchRoomTypes': each({ hotel }),
  }
}

function rooms({ tag, ids: { hotel, location, room_type, room, doomed_room, deleted_room } }: FullHotel): Requests {
  const number = `${tag} new`
  return {
    'RoomService/CreateRoom': each({ location, number }, { location, number: `${number}er`, room_type }),
    'RoomService/GetRoom': each({ id: room }, { id: deleted_room }),
    'RoomService/ListRooms': [
      ...filteredBy({ hotel, location, room_type }, { show_deleted: true }),
      ...each({ hotel, location, room_type }),
    ],
    'RoomService/UpdateRoom': each({ id: room, number: `${tag} renamed` }, { id: room, location, room_type }),
    'RoomService/ReplaceRoom': each({ id: room, number: `${tag} replaced`, location, room_type }),
    'RoomService/DeleteRoom': each({ id: doomed_room }),
    'RoomService/UndeleteRoom': each({ id: deleted_room }),
    'RoomService/ListRoomHistory': each({ id: room }),
    'RoomService/WatchRooms': each({ hotel }),
  }
}

function employees({
  tag,
  ids: { hotel, location, employee, doomed_employee, deleted_employee },
}: FullHotel): Requests {
  const email = `new@${tag}.example.org`
  const whole = { location, ...person, role: 'MANAGER' }
  return {
    'EmployeeService/CreateEmployee': each({ ...whole, email }, { hotel, ...whole, email: `also-${email}` }),
    'EmployeeService/GetEmployee': each({ id: employee }, { id: deleted_employee }),
    'EmployeeService/ListEmployees': [
      ...filteredBy({ hotel, location, role: 'MANAGER' }, { show_deleted: true }),
      ...each({ hotel, location }),
    ],
    'EmployeeService/UpdateEmployee': each({ id: employee, first_name: 'Grace' }, { id: employee, hotel, location }),
    'EmployeeService/ReplaceEmployee': each({ id: employee, hotel, ...whole, email: `replaced-${email}` }),
    'EmployeeService/DeleteEmployee': each({ id: doomed_employee }),
    'EmployeeService/UndeleteEmployee': each({ id: deleted_employee }),
    'EmployeeService/WatchEmployees': each({ hotel }),
  }
}
