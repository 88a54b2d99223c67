import { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import { optional, type Rule } from '@hotel/runtime/call/valid'
import { alreadyExists, type Refusal } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { requiredName } from '@hotel/runtime/resource/text-rules'
import type { Write } from '@hotel/runtime/resource/write'
import { defineEntity, p } from '@mikro-orm/postgresql'

/** Holds a number once among the live rooms of a location. */
export const ROOM_NUMBER_LIVE_KEY = 'room_number_live_key'

const schema = defineEntity({
  name: 'Room',
  tableName: 'room',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    locationId: p.uuid(),
    roomTypeId: p.uuid().nullable(),
    number: p.string(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
    retiringTime: p.datetime().nullable(),
    retiringBy: p.string().nullable(),
  },
})

/** A room that can be reserved. */
export class Room extends schema.class {
  /** Has the write that makes it so throw ROOM_NUMBER_TAKEN. */
  demandUnique({ breaks }: Write): void {
    const { number, locationId: location } = this
    breaks(ROOM_NUMBER_LIVE_KEY, () => roomNumberTaken(number, location))
  }

  /** As callers see it. */
  toProto(): RoomMessage {
    return RoomMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      number: this.number,
      location: this.locationId,
      room_type: this.roomTypeId ?? undefined,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
      retiring_time: this.retiringTime ?? undefined,
    })
  }
}
schema.setClass(Room)

/** The same, encoded, of a row as it is read. */
export const roomRow = rowMessage(RoomMessage, {
  id: plain('id'),
  hotel: plain('hotel_id'),
  number: text('number'),
  location: plain('location_id'),
  room_type: plain('room_type_id'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
  retiring_time: moment('retiring_time'),
})

/** The size of a room: the bytes of its texts. */
export const ROOM_SIZE = sizeOfTexts('number')

/** ALREADY_EXISTS of a room number in its location. */
export function roomNumberTaken(number: string, location: string): Refusal {
  return alreadyExists('ROOM_NUMBER_TAKEN', `a room of the location ${location} has the number ${number}`, {
    number,
    location,
  })
}

/** The rules of the fields that callers give, with that of the room type, which the database knows. */
export const roomFields = (roomType: Rule<string>) => ({
  number: requiredName(constraintOf('hotel.rooms.v1.Room.number')),
  room_type: optional(roomType),
})

type Fields = { number: string; room_type: string | null }

/** The fields of a request, parsed, under the entity's names. */
export function roomData({ room_type, ...rest }: Partial<Fields>) {
  return { ...rest, ...(room_type !== undefined && { roomTypeId: room_type }) }
}
