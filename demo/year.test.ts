import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { expect, test } from '@jest/globals'
import { makeGuests } from './guests.ts'
import { demoHotel, readDemoHotel } from './hotel-id.ts'
import { makeHouse } from './house.ts'
import { makeYear } from './year.ts'

const today = Temporal.PlainDate.from('2030-05-01')
const now = Temporal.Instant.from('2030-05-01T10:00:00Z')
const hotel = demoHotel(today, 3)
const make = () => {
  const house = makeHouse(hotel.id, today)
  return { house, ...makeYear({ house, guests: makeGuests(hotel.id, today), today }, now) }
}
const year = make()
const kept = year.reservations.filter(({ delete_time }) => delete_time === undefined)

test('the same day makes the same year, and another day another', () => {
  expect(make()).toEqual(year)
  const other = makeHouse(demoHotel(today.add({ days: 1 }), 3).id, today.add({ days: 1 }))
  expect(other.rooms[0]?.id).not.toBe(year.house.rooms[0]?.id)
})

test('the day is read out of the id of the hotel, and of no other', () => {
  expect(readDemoHotel(hotel.id)).toEqual(hotel)
  expect(readDemoHotel('00000000-0000-7000-8000-000320300501')).toBeUndefined()
})

test('no room is held twice for a night', () => {
  const nights = new Set<string>()
  const rows = [
    ...kept.map((row) => ({ ...row, rooms: row.rooms ?? [] })),
    ...year.room_blocks.map((row) => ({ ...row, rooms: [row.room ?? ''] })),
  ]
  let count = 0
  for (const { rooms, in_date = '', out_date = '' } of rows)
    for (const room of rooms)
      for (let night = Temporal.PlainDate.from(in_date); String(night) < out_date; night = night.add({ days: 1 })) {
        nights.add(`${room} ${night}`)
        count += 1
      }
  expect(nights.size).toBe(count)
  // Two thirds of half a year and more, of 120 rooms.
  expect(count).toBeGreaterThan(120 * 182 * 0.66)
})

test('statuses and times are those of the day', () => {
  for (const {
    status,
    in_date = '',
    out_date = '',
    checkin_datetime,
    checkout_datetime,
    create_time,
    delete_time,
  } of year.reservations) {
    const expected =
      out_date < String(today)
        ? Reservation_Status.CHECKED_OUT
        : in_date < String(today)
          ? Reservation_Status.CHECKED_IN
          : Reservation_Status.PENDING
    expect(status).toBe(delete_time === undefined ? expected : Reservation_Status.PENDING)
    expect(checkin_datetime !== undefined).toBe(status !== Reservation_Status.PENDING)
    expect(checkout_datetime !== undefined).toBe(status === Reservation_Status.CHECKED_OUT)
    for (const time of [create_time, delete_time, checkin_datetime, checkout_datetime])
      if (time) expect(time.getTime()).toBeLessThanOrEqual(now.epochMilliseconds)
    if (delete_time) expect(create_time?.getTime()).toBeLessThan(delete_time.getTime())
  }
})
