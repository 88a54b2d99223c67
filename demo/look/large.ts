import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import { derivedId } from '@hotel/transfer/source/ids'
import { randomOf } from '../random.ts'

/** A hotel of many rooms, as an import takes it. */
export type LargeHotel = {
  readonly location: string
  readonly lists: readonly (readonly [keyof Batch, ServiceName, readonly object[]])[]
}

const ROOMS = 500
const GUESTS = 400
/** The days that the chart has: a month behind, a year ahead. */
const FIRST_DAY = -30
const LAST_DAY = 366
const MADE_DAYS_BEFORE = 400

/** Makes it: each of its rooms has stays of some nights, one after another, with a night or two between them. */
export function largeHotel(today: Temporal.PlainDate): LargeHotel {
  const create_time = new Date(`${today.subtract({ days: MADE_DAYS_BEFORE })}T08:00:00Z`)
  const hotel = derivedId('large', String(today))
  const of = (kind: string, name: string | number) => ({
    id: derivedId('large', hotel, kind, String(name)),
    create_time,
  })
  const location = { ...of('location', 'one'), hotel, name: 'Large', time_zone: 'UTC' }
  const rooms = Array.from({ length: ROOMS }, (_, at) => ({
    ...{ ...of('room', at), hotel, location: location.id, number: String(101 + at) },
  }))
  const guests = Array.from({ length: GUESTS }, (_, at) => ({
    ...{ ...of('guest', at), hotel, first_name: 'Guest', last_name: `Number ${at + 1}` },
  }))
  const reservations = rooms.flatMap((room) => {
    const random = randomOf('large', room.number)
    const stays: object[] = []
    for (let day = FIRST_DAY + random.whole(0, 3); day < LAST_DAY; ) {
      const nights = random.whole(1, 7)
      const guest = random.pick(guests).id
      const dates = { in_date: String(today.add({ days: day })), out_date: String(today.add({ days: day + nights })) }
      // Those before today are over, as far as the chart goes.
      const times = { checkin_datetime: noon(today, day), checkout_datetime: noon(today, day + nights) }
      const isOver = day + nights < 0
      const isFuture = day > 0
      if (isOver || isFuture)
        stays.push({
          ...{ ...of('reservation', `${room.number} ${day}`), hotel, location: location.id, guest, rooms: [room.id] },
          ...{ ...dates, status: isOver ? 3 : 1, ...(isOver ? times : {}) },
        })
      day += nights + random.whole(0, 2)
    }
    return stays
  })
  return {
    location: location.id,
    lists: [
      ['hotels', 'rooms', [{ id: hotel, name: 'Large Hotel', create_time }]],
      ['locations', 'rooms', [location]],
      ['rooms', 'rooms', rooms],
      ['guests', 'guests', guests],
      ['reservations', 'reservations', reservations.map((reservation) => ({ reservation }))],
    ],
  }
}

function noon(today: Temporal.PlainDate, day: number): Date {
  return new Date(`${today.add({ days: day })}T12:00:00Z`)
}
