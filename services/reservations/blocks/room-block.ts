import { RoomBlock as RoomBlockMessage } from '@hotel/proto/hotel/reservations/v1/blocks'
import { date, id } from '@hotel/runtime/call/valid'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { optionalText } from '@hotel/runtime/resource/text-rules'
import { defineEntity, p } from '@mikro-orm/postgresql'

const schema = defineEntity({
  name: 'RoomBlock',
  tableName: 'room_block',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    locationId: p.uuid(),
    roomId: p.uuid(),
    inDate: p.string().columnType('date'),
    outDate: p.string().columnType('date'),
    reason: p.string().nullable(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** A room out of order for some nights. */
export class RoomBlock extends schema.class {
  /** As callers see it. */
  toProto(): RoomBlockMessage {
    return RoomBlockMessage.fromPartial({
      id: this.id,
      room: this.roomId,
      in_date: this.inDate,
      out_date: this.outDate,
      reason: this.reason ?? undefined,
      hotel: this.hotelId,
      location: this.locationId,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(RoomBlock)

/** The same, encoded, of a row as it is read. */
export const roomBlockRow = rowMessage(RoomBlockMessage, {
  id: plain('id'),
  room: plain('room_id'),
  in_date: plain('in_date'),
  out_date: plain('out_date'),
  reason: text('reason'),
  hotel: plain('hotel_id'),
  location: plain('location_id'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
})

/** The size of a block: the bytes of its texts. */
export const ROOM_BLOCK_SIZE = sizeOfTexts('reason')

/** The rules of the fields that callers give. */
export const roomBlockFields = {
  room: id,
  in_date: date,
  out_date: date,
  reason: optionalText(constraintOf('hotel.reservations.v1.RoomBlock.reason')),
}

/** Those of the fields that a change may be about. */
export const roomBlockChanges = { in_date: date, out_date: date, reason: roomBlockFields.reason }
