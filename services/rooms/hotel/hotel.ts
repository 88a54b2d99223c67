import { Hotel as HotelMessage } from '@hotel/proto/hotel/rooms/v1/hotels'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { requiredName } from '@hotel/runtime/resource/text-rules'
import { defineEntity, p } from '@mikro-orm/postgresql'

const schema = defineEntity({
  name: 'Hotel',
  tableName: 'hotel',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid(),
    name: p.string(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** The unit that owns locations, rooms, guests and reservations; its `hotelId` is its own id. */
export class Hotel extends schema.class {
  /** As callers see it. */
  toProto(): HotelMessage {
    return HotelMessage.fromPartial({
      id: this.id,
      name: this.name,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(Hotel)

/** The same, encoded, of a row as it is read. */
export const hotelRow = rowMessage(HotelMessage, {
  id: plain('hotel_id'),
  name: text('name'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
})

/** The size of a hotel: the bytes of its texts. */
export const HOTEL_SIZE = sizeOfTexts('name')

/** The rules of the fields that callers give. */
export const hotelFields = { name: requiredName(constraintOf('hotel.rooms.v1.Hotel.name')) }
