import {
  Cancellation_Cause as CauseCode,
  Reservation as ReservationMessage,
  Reservation_Status as StatusCode,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { precondition } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { type Size, textBytes } from '@hotel/runtime/read/page-bytes'
import { choice, etag, first, moment, plain, rowMessage, text, texts } from '@hotel/runtime/read/row-message'
import { optionalText } from '@hotel/runtime/resource/text-rules'
import { defineEntity, p } from '@mikro-orm/postgresql'
import { confirmationCode, confirmationCodeField } from '../finding/confirmation-code.ts'

/** Where a reservation stands; it goes forward only, one step at a time. */
export type Status = 'PENDING' | 'CHECKED_IN' | 'CHECKED_OUT'

/** The cause of a cancellation. */
export type Cause = 'GUEST' | 'HOTEL' | 'NO_SHOW'

const CAUSES: readonly Cause[] = ['GUEST', 'HOTEL', 'NO_SHOW']

const ORDER: readonly Status[] = ['PENDING', 'CHECKED_IN', 'CHECKED_OUT']

const schema = defineEntity({
  name: 'Reservation',
  tableName: 'reservation',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    locationId: p.uuid(),
    inDate: p.string().columnType('date'),
    outDate: p.string().columnType('date'),
    status: p.string().$type<Status>(),
    guestId: p.uuid(),
    rooms: p.array().columnType('uuid[]').$type<string[]>(),
    note: p.string().nullable(),
    checkinDatetime: p.datetime().nullable(),
    checkoutDatetime: p.datetime().nullable(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    reason: p.string().nullable(),
    holdUntil: p.datetime().nullable(),
    externalId: p.string().nullable(),
    source: p.string().nullable(),
    cause: p.string().$type<Cause>().nullable(),
    updatedBy: p.string(),
  },
})

/** Rooms of a location held for a guest. */
export class Reservation extends schema.class {
  /** Throws INVALID_TRANSITION unless the status can become this one. */
  demandTransition(to: Status): void {
    if (ORDER.indexOf(to) !== ORDER.indexOf(this.status) + 1) throw invalidTransition(this.status, to)
  }

  /** Whether it is a hold whose time has come by this moment. */
  isLapsed(at: Date): boolean {
    return Boolean(this.holdUntil && this.holdUntil <= at)
  }

  /** Whether it is cancelled, or lapsed by this moment. */
  isGone(at: Date): boolean {
    return this.deleteTime !== null || this.isLapsed(at)
  }

  /** As callers see it at a moment: a hold that has lapsed is deleted. Without one, as the row says. */
  toProto(at?: Date): ReservationMessage {
    const message = reservationMessage(this)
    if (at !== undefined && this.isLapsed(at)) message.delete_time ??= this.holdUntil ?? undefined
    return message
  }
}
schema.setClass(Reservation)

/** The fields of a reservation's row that callers see. */
export type ReservationRow = {
  readonly [Field in Exclude<keyof Reservation, 'updatedBy' | Method> & string]: Reservation[Field]
}
type Method = 'demandTransition' | 'isLapsed' | 'isGone' | 'toProto'

/** A reservation as callers see it. */
export function reservationMessage(row: ReservationRow): ReservationMessage {
  return {
    id: row.id,
    in_date: row.inDate,
    out_date: row.outDate,
    status: StatusCode[row.status],
    guest: row.guestId,
    rooms: row.rooms,
    room: row.rooms[0] ?? '',
    note: row.note ?? undefined,
    hotel: row.hotelId,
    location: row.locationId,
    checkin_datetime: row.checkinDatetime ?? undefined,
    checkout_datetime: row.checkoutDatetime ?? undefined,
    create_time: row.createTime,
    update_time: row.updateTime,
    delete_time: row.deleteTime ?? undefined,
    etag: etagOf(row.version),
    reason: row.reason ?? undefined,
    hold_until: row.holdUntil ?? undefined,
    confirmation_code: confirmationCode(row.id),
    external_id: row.externalId ?? undefined,
    source: row.source ?? undefined,
    cause: row.cause ? CauseCode[row.cause] : undefined,
  }
}

/** The time of the read; $2 is what the clock is off by, in seconds: 0 but in tests. */
export const NOW = 'statement_timestamp() + make_interval(secs => $2)'

/** The same, encoded, of a row as it is read, at the time of the read. */
export const reservationRow = rowMessage(ReservationMessage, {
  id: plain('id'),
  in_date: plain('in_date'),
  out_date: plain('out_date'),
  status: choice('status', StatusCode),
  guest: plain('guest_id'),
  rooms: texts('rooms'),
  room: first('rooms'),
  note: text('note'),
  hotel: plain('hotel_id'),
  location: plain('location_id'),
  checkin_datetime: moment('checkin_datetime'),
  checkout_datetime: moment('checkout_datetime'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment(`coalesce(delete_time, case when hold_until <= ${NOW} then hold_until end)`),
  etag,
  reason: text('reason'),
  hold_until: moment('hold_until'),
  confirmation_code: confirmationCodeField,
  external_id: text('external_id'),
  source: text('source'),
  cause: choice('cause', CauseCode),
})

/** The size of a reservation: the bytes of its texts and of the ids of its rooms. */
export const RESERVATION_SIZE: Size = {
  bytes: `${textBytes('note', 'reason', 'external_id', 'source')} + 40 * cardinality(rooms)`,
  columns: ['note', 'reason', 'external_id', 'source', 'rooms'],
}

/** FAILED_PRECONDITION of a status, or of a deletion, that can not follow the present status. */
export function invalidTransition(from: Status, to: string): Error {
  return precondition('INVALID_TRANSITION', `a reservation cannot go from ${from} to ${to}`, { from, to })
}

/** A status that is given must be one of the three; the enum's 0 counts as absent where absence is allowed. */
export const status: Rule<Status | undefined> = (value) => {
  if (value === undefined || value === StatusCode.UNSPECIFIED) return undefined
  const name = ORDER.find((known) => StatusCode[known] === value)
  if (name === undefined) throw new Invalid(`is not a status: give one of ${ORDER.join(', ')}`)
  return name
}

/** A status that a mask names must have a value. */
export const givenStatus: Rule<Status> = (value) => {
  const given = status(value)
  if (given === undefined)
    throw new Invalid(`is named in update_mask and must have a value: give one of ${ORDER.join(', ')}`)
  return given
}

/** A reservation begins as PENDING. */
export const initialStatus: Rule<Status> = (value) => {
  const given = status(value) ?? 'PENDING'
  if (given !== 'PENDING') throw new Invalid('must be PENDING at creation: leave it out')
  return given
}

/** The cause of a cancellation; null when none is given. */
export const cause: Rule<Cause | null> = (value) => {
  if (value === undefined || value === CauseCode.UNSPECIFIED) return null
  const name = CAUSES.find((known) => CauseCode[known] === value)
  if (name === undefined) throw new Invalid(`is not a cause: give one of ${CAUSES.join(', ')}`)
  return name
}

/** The staff's note. */
export const note = optionalText(constraintOf('hotel.reservations.v1.Reservation.note'))

/** Why a reservation was cancelled. */
export const reason = optionalText(constraintOf('hotel.reservations.v1.Reservation.reason'))
