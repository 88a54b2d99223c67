import { Location as LocationMessage } from '@hotel/proto/hotel/rooms/v1/locations'
import { optionalGiven, type Rule } from '@hotel/runtime/call/valid'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { countryCode, optionalName, optionalText, requiredName } from '@hotel/runtime/resource/text-rules'
import { defineEntity, p } from '@mikro-orm/postgresql'

const schema = defineEntity({
  name: 'Location',
  tableName: 'location',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    name: p.string(),
    address: p.string().nullable(),
    city: p.string().nullable(),
    countryCode: p.string().nullable(),
    timeZone: p.string(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** A place of a hotel, with a calendar of its own. */
export class Location extends schema.class {
  /** As callers see it. */
  toProto(): LocationMessage {
    return LocationMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      name: this.name,
      address: this.address ?? undefined,
      city: this.city ?? undefined,
      country_code: this.countryCode ?? undefined,
      time_zone: this.timeZone,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(Location)

/** The same, encoded, of a row as it is read. */
export const locationRow = rowMessage(LocationMessage, {
  id: plain('id'),
  hotel: plain('hotel_id'),
  name: text('name'),
  address: text('address'),
  city: text('city'),
  country_code: plain('country_code'),
  time_zone: text('time_zone'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
})

/** The size of a location: the bytes of its texts. */
export const LOCATION_SIZE = sizeOfTexts('name', 'address', 'city', 'time_zone')

/** The rules of the fields that callers give, with that of the time zone, which the database knows. */
export const locationFields = (timeZone: Rule<string>) => ({
  name: requiredName(constraintOf('hotel.rooms.v1.Location.name')),
  address: optionalText(constraintOf('hotel.rooms.v1.Location.address')),
  city: optionalName(constraintOf('hotel.rooms.v1.Location.city')),
  country_code: optionalGiven(countryCode),
  time_zone: timeZone,
})

type Fields = {
  name: string
  address: string | null
  city: string | null
  country_code: string | null
  time_zone: string
}

/** The fields of a request, parsed, under the entity's names. */
export function locationData({ country_code, time_zone, ...rest }: Partial<Fields>) {
  return {
    ...rest,
    ...(country_code !== undefined && { countryCode: country_code }),
    ...(time_zone !== undefined && { timeZone: time_zone }),
  }
}
