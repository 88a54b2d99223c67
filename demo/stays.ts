import {
  Cancellation_Cause,
  type Reservation,
  Reservation_Status,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { derivedId } from '@hotel/transfer/source/ids'
import { DAYS_BEHIND } from './calendar.ts'
import { type Random, randomOf } from './random.ts'

/** A resource as it is imported. */
export type Row<T> = Partial<T> & { readonly id: string }

/** A location with its rooms. */
export type Place = { readonly location: string; readonly time_zone: string; readonly rooms: readonly string[] }

/** A stay before it is a reservation: which rooms from which day of the calendar on for how many nights. */
export type Wanted = {
  readonly place: Place
  readonly rooms: readonly string[]
  readonly night: number
  readonly nights: number
}

/** What all of the year is made with. */
export type Made = {
  readonly hotel: string
  readonly guests: readonly { readonly id: string }[]
  readonly today: Temporal.PlainDate
  readonly first: Temporal.PlainDate
}

/** A day of the calendar. */
export const dayOf = ({ first }: Made, night: number) => first.add({ days: night })

const notes = [
  'Late arrival, about 23:00.',
  'Quiet room, please.',
  'Vegetarian breakfast.',
  'Needs a cot.',
  'Invoice to the company.',
  'Comes by car.',
]
const sources = ['booking-site', 'tour-operator', 'phone']

/** A stay that was not given up: over, in the house, or expected, by the day of the demo. */
export function reservationOf(made: Made, wanted: Wanted, name: string): Row<Reservation> {
  const random = randomOf(name)
  const begun = wanted.night < DAYS_BEHIND
  const isOver = wanted.night + wanted.nights < DAYS_BEHIND
  const at = (night: number, hours: number) =>
    instantOf(dayOf(made, night), hours, random.whole(0, 59), wanted.place.time_zone)
  return {
    ...madeAs(made, wanted, name, random),
    status: isOver
      ? Reservation_Status.CHECKED_OUT
      : begun
        ? Reservation_Status.CHECKED_IN
        : Reservation_Status.PENDING,
    ...(begun ? { checkin_datetime: at(wanted.night, random.whole(14, 21)) } : {}),
    ...(isOver ? { checkout_datetime: at(wanted.night + wanted.nights, random.whole(6, 11)) } : {}),
    ...(random.chance(0.2) ? { note: random.pick(notes) } : {}),
  }
}

/** One that was given up before it began, or on its first day, or whose guest did not come. */
export function cancelled(made: Made, wanted: Wanted, name: string): Row<Reservation> {
  const random = randomOf(name)
  const isPast = wanted.night < DAYS_BEHIND
  const isNoShow = isPast && random.chance(0.15)
  const lead = isNoShow ? 0 : Math.min(60, Math.floor(-Math.log(1 - random.next()) * 12))
  // Nothing is given up in the future.
  const night = Math.min(wanted.night - lead, DAYS_BEHIND - 1)
  const byHotel = !isNoShow && random.chance(0.1)
  const cause = isNoShow ? Cancellation_Cause.NO_SHOW : byHotel ? Cancellation_Cause.HOTEL : Cancellation_Cause.GUEST
  const reason = isNoShow
    ? 'Did not come.'
    : byHotel
      ? 'Overbooked by mistake.'
      : random.pick(['Changed plans.', 'Ill.', 'Flight cancelled.', 'Found another hotel.'])
  const delete_time = instantOf(
    dayOf(made, night),
    isNoShow ? 22 : random.whole(8, 20),
    random.whole(0, 59),
    wanted.place.time_zone,
  )
  const as = madeAs(made, wanted, name, random)
  // It was made before.
  const create_time = new Date(
    Math.min(as.create_time.getTime(), delete_time.getTime() - random.whole(1, 20) * 3_600_000),
  )
  return { ...as, create_time, status: Reservation_Status.PENDING, cause, reason, delete_time }
}

/** What reservations of every kind have. */
export function madeAs(made: Made, { place, rooms, night, nights }: Wanted, name: string, random: Random) {
  const lead = Math.floor(-Math.log(1 - random.next()) * 25)
  const number = random.whole(100_000, 999_999)
  return {
    id: derivedId('demo', made.hotel, 'reservation', name),
    hotel: made.hotel,
    location: place.location,
    guest: random.pick(made.guests).id,
    rooms: [...rooms],
    in_date: String(dayOf(made, night)),
    out_date: String(dayOf(made, night + nights)),
    create_time: morningOf(made, Math.min(night - lead, DAYS_BEHIND) - 1),
    // The name makes the number the only one.
    ...(random.chance(0.45)
      ? { source: random.pick(sources), external_id: `${number}-${name.replace(' ', '-')}` }
      : {}),
  }
}

/** Nine in the morning of a day. */
export const morningOf = (made: Made, night: number) => instantOf(dayOf(made, night), 9, 0, 'UTC')

function instantOf(date: Temporal.PlainDate, hour: number, minute: number, timeZone: string): Date {
  const zoned = date.toZonedDateTime({ timeZone, plainTime: new Temporal.PlainTime(hour, minute) })
  return new Date(zoned.epochMilliseconds)
}
