import { RoomType as RoomTypeMessage } from '@hotel/proto/hotel/rooms/v1/room_types'
import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { alreadyExists, type Refusal } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text, whole } from '@hotel/runtime/read/row-message'
import { optionalText, requiredName } from '@hotel/runtime/resource/text-rules'
import type { Write } from '@hotel/runtime/resource/write'
import { defineEntity, p } from '@mikro-orm/postgresql'

/** Holds a name once among the live room types of a hotel, in any case. */
export const ROOM_TYPE_NAME_LIVE_KEY = 'room_type_name_live_key'

const schema = defineEntity({
  name: 'RoomType',
  tableName: 'room_type',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    name: p.string(),
    description: p.string().nullable(),
    maxGuests: p.integer().nullable(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** A kind of room that guests ask for. */
export class RoomType extends schema.class {
  /** Has the write that makes it so throw NAME_TAKEN. */
  demandUnique({ breaks }: Write): void {
    const { name, hotelId: hotel } = this
    breaks(ROOM_TYPE_NAME_LIVE_KEY, () => roomTypeNameTaken(name, hotel))
  }

  /** As callers see it. */
  toProto(): RoomTypeMessage {
    return RoomTypeMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      name: this.name,
      description: this.description ?? undefined,
      max_guests: this.maxGuests ?? undefined,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(RoomType)

/** The same, encoded, of a row as it is read. */
export const roomTypeRow = rowMessage(RoomTypeMessage, {
  id: plain('id'),
  hotel: plain('hotel_id'),
  name: text('name'),
  description: text('description'),
  max_guests: whole('max_guests'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
})

/** The size of a room type: the bytes of its texts. */
export const ROOM_TYPE_SIZE = sizeOfTexts('name', 'description')

/** ALREADY_EXISTS of a room type's name in its hotel. */
export function roomTypeNameTaken(name: string, hotel: string): Refusal {
  return alreadyExists('NAME_TAKEN', `a room type of the hotel ${hotel} has the name ${name}`, { name, hotel })
}

const { minimum, maximum } = constraintOf('hotel.rooms.v1.RoomType.max_guests')

const guests: Rule<number | null> = (value) => {
  if (value === undefined) return null
  const most = value as number
  if (most < minimum || most > maximum) throw new Invalid(`is not between ${minimum} and ${maximum}`)
  return most
}

/** The rules of the fields that callers give. */
export const roomTypeFields = {
  name: requiredName(constraintOf('hotel.rooms.v1.RoomType.name')),
  description: optionalText(constraintOf('hotel.rooms.v1.RoomType.description')),
  max_guests: guests,
}

type Fields = { name: string; description: string | null; max_guests: number | null }

/** The fields of a request, parsed, under the entity's names. */
export function roomTypeData({ max_guests, ...rest }: Partial<Fields>) {
  return { ...rest, ...(max_guests !== undefined && { maxGuests: max_guests }) }
}
