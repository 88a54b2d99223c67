import { Employee as EmployeeMessage } from '@hotel/proto/hotel/rooms/v1/employees'
import { Hotel as HotelMessage } from '@hotel/proto/hotel/rooms/v1/hotels'
import { Location as LocationMessage } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomType as RoomTypeMessage } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import { feedMessage } from '@hotel/runtime/changes/feed-messages'
import { Employee } from './employee/employee.ts'
import { Hotel } from './hotel/hotel.ts'
import { Location } from './location/location.ts'
import { Room } from './room/room.ts'
import { RoomType } from './room-type/room-type.ts'

/** The resources of this service, by their tables. */
export const resources = {
  hotel: feedMessage('hotel.rooms.v1.Hotel', Hotel, HotelMessage),
  location: feedMessage('hotel.rooms.v1.Location', Location, LocationMessage),
  room_type: feedMessage('hotel.rooms.v1.RoomType', RoomType, RoomTypeMessage),
  room: feedMessage('hotel.rooms.v1.Room', Room, RoomMessage),
  employee: feedMessage('hotel.rooms.v1.Employee', Employee, EmployeeMessage),
}
