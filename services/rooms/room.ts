import { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import { databaseError, type EntityManager } from '@hotel/runtime/database'
import { etagOf } from '@hotel/runtime/etag'
import { alreadyExists } from '@hotel/runtime/refusal'
import { requiredText } from '@hotel/runtime/valid'
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
    number: p.string(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** A room that can be reserved. */
export class Room extends schema.class {
  /** Writes the room now, while its number is known to the error: throws ROOM_NUMBER_TAKEN. */
  async save(em: EntityManager): Promise<void> {
    try {
      await em.flush()
    } catch (error) {
      if (databaseError(error)?.constraint !== ROOM_NUMBER_LIVE_KEY) throw error
      const { number, locationId: location } = this
      throw alreadyExists('ROOM_NUMBER_TAKEN', `a room of the location ${location} has the number ${number}`, {
        number,
        location,
      })
    }
  }

  /** As callers see it. */
  toProto(): RoomMessage {
    return RoomMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      number: this.number,
      location: this.locationId,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(Room)

/** The rules of the fields that callers give. */
export const roomFields = { number: requiredText() }
