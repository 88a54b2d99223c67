import { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import { optional, optionalGiven } from '@hotel/runtime/call/valid'
import { invalidFields } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { countryCode, email, optionalName, requiredName } from '@hotel/runtime/resource/text-rules'
import { defineEntity, p } from '@mikro-orm/postgresql'
import { phone } from './phone.ts'

const schema = defineEntity({
  name: 'Guest',
  tableName: 'guest',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    firstName: p.string(),
    lastName: p.string().nullable(),
    email: p.string().nullable(),
    phone: p.string().nullable(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    eraseTime: p.datetime().nullable(),
    updatedBy: p.string(),
    retiringTime: p.datetime().nullable(),
    retiringBy: p.string().nullable(),
  },
})

/** A person who stays, or will stay, at a hotel. */
export class Guest extends schema.class {
  /** As callers see it. */
  toProto(): GuestMessage {
    return GuestMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      first_name: this.firstName,
      last_name: this.lastName ?? undefined,
      email: this.email ?? undefined,
      phone: this.phone ?? undefined,
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      erase_time: this.eraseTime ?? undefined,
      etag: etagOf(this.version),
      retiring_time: this.retiringTime ?? undefined,
    })
  }
}
schema.setClass(Guest)

/** The same, encoded, of a row as it is read. */
export const guestRow = rowMessage(GuestMessage, {
  id: plain('id'),
  hotel: plain('hotel_id'),
  first_name: text('first_name'),
  last_name: text('last_name'),
  email: text('email'),
  phone: text('phone'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  erase_time: moment('erase_time'),
  etag,
  retiring_time: moment('retiring_time'),
})

/** The size of a guest: the bytes of its texts. */
export const GUEST_SIZE = sizeOfTexts('first_name', 'last_name', 'email', 'phone')

/** The values of a guest whose data is erased: the database refuses any others. */
export const erasedData = { firstName: '[erased]', lastName: null, email: null, phone: null }

const firstName = constraintOf('hotel.guests.v1.Guest.first_name')

/** The rules of the fields that callers change, with the country of a national telephone number; a name left out is null. */
export const changedFields = (country: string | undefined) => ({
  first_name: optionalName(firstName),
  last_name: optionalName(constraintOf('hotel.guests.v1.Guest.last_name')),
  email: optionalGiven(email(constraintOf('hotel.guests.v1.Guest.email'))),
  phone: optionalGiven(phone(country)),
})

/** The rules of a whole guest: who has a last name needs no first name. */
export function guestFields({ last_name }: { last_name?: string | undefined }, country: string | undefined) {
  return {
    ...changedFields(country),
    first_name: last_name?.trim() ? optional(requiredName(firstName)) : requiredName(firstName),
  }
}

/** The rules of what a call may say besides, of its fields, and is not kept. */
export const saidBesides = { phone_country: optionalGiven(countryCode) }

type Fields = { [Field in keyof ReturnType<typeof changedFields>]: string | null }

/** The fields of a request, parsed, under the entity's names. */
export function guestData({ first_name, last_name, email, phone }: Partial<Fields>) {
  return {
    ...(first_name !== undefined && { firstName: first_name ?? '' }),
    ...(last_name !== undefined && { lastName: last_name }),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
  }
}

/** Throws for changes that would leave a guest without a name. */
export function demandNamed({ firstName, lastName }: Guest, data: ReturnType<typeof guestData>): void {
  if ((data.firstName ?? firstName) === '' && (data.lastName === undefined ? lastName : data.lastName) === null)
    throw invalidFields([{ field: 'first_name', description: 'is required unless there is a last name' }])
}
