import { Employee as EmployeeMessage } from '@hotel/proto/hotel/rooms/v1/employees'
import { Hotel as HotelMessage } from '@hotel/proto/hotel/rooms/v1/hotels'
import { Location as LocationMessage } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomType as RoomTypeMessage } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { Encode } from '@hotel/runtime/changes/feed'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Rebuild } from '@hotel/runtime/resource/write'
import { Employee } from './employee.ts'
import { Hotel } from './hotel.ts'
import { Location } from './location.ts'
import { Room } from './room.ts'
import { RoomType } from './room-type.ts'

/** The tables of this service's resources. */
export const RESOURCES = ['hotel', 'location', 'room_type', 'room', 'employee'] as const

/** The message of a row of the feed, by the table it is of. */
export function rebuilder(orm: MikroORM): Rebuild {
  return (resource, row) => {
    const em = orm.em.fork()
    switch (resource) {
      case 'hotel':
        return em.map(Hotel, row).toProto()
      case 'location':
        return em.map(Location, row).toProto()
      case 'room':
        return em.map(Room, row).toProto()
      case 'room_type':
        return em.map(RoomType, row).toProto()
      case 'employee':
        return em.map(Employee, row).toProto()
      default:
        throw new Error(`the feed has no resource ${resource}`)
    }
  }
}

const any = (name: string, bytes: Uint8Array) => ({
  type_url: `type.googleapis.com/hotel.rooms.v1.${name}`,
  value: Buffer.from(bytes),
})

/** The message of a resource for the feed; it is one that `rebuilder` has made of the same resource. */
export const encode: Encode = (resource, message) => {
  switch (resource) {
    case 'hotel':
      return any('Hotel', HotelMessage.encode(message as HotelMessage).finish())
    case 'location':
      return any('Location', LocationMessage.encode(message as LocationMessage).finish())
    case 'room':
      return any('Room', RoomMessage.encode(message as RoomMessage).finish())
    case 'room_type':
      return any('RoomType', RoomTypeMessage.encode(message as RoomTypeMessage).finish())
    case 'employee':
      return any('Employee', EmployeeMessage.encode(message as EmployeeMessage).finish())
    default:
      throw new Error(`the feed has no resource ${resource}`)
  }
}
