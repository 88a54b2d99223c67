import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

async function guestAndRooms(count: number, location = '') {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const rooms = []
  for (let n = 0; n < count; n++) rooms.push((await suite.rooms.createRoom({ number: freshNumber(), location })).id)
  return { guest, rooms }
}

test('all rooms of a reservation are held or none', async () => {
  const { guest, rooms } = await guestAndRooms(3)
  const [a = '', b = '', c = ''] = rooms
  const dates = { in_date: day(1), out_date: day(4) }
  await suite.reservations.createReservation({ guest, room: b, ...dates })
  const all = suite.reservations.createReservation({ guest, rooms, ...dates })
  await expect(all).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: b })
  const free = await suite.reservations.createReservation({ guest, rooms: [c, a], ...dates })
  expect(free).toMatchObject({ rooms: [c, a], room: c })
})

test('what GET answers can be PUT back; PATCH of `room` alone would drop the others and is refused', async () => {
  const { guest, rooms } = await guestAndRooms(2)
  const { id } = await suite.reservations.createReservation({ guest, rooms, in_date: day(1), out_date: day(2) })
  const { json } = await suite.rest('GET', `/reservations/${id}`)
  const put = await suite.rest('PUT', `/reservations/${id}`, { body: json })
  expect([put.status, put.json]).toEqual([200, json])
  const patch = await suite.rest('PATCH', `/reservations/${id}`, { body: { room: rooms[1] } })
  expect([patch.status, patch.json.details[1].field_violations[0].field]).toEqual([400, 'room'])
  const named = await suite.rest('PATCH', `/reservations/${id}`, { body: { update_mask: 'rooms' } })
  expect([named.status, named.json.details[1].field_violations[0].field]).toEqual([400, 'rooms'])
})

test('rooms of two locations, or one room twice, are refused on `rooms`', async () => {
  const { guest, rooms } = await guestAndRooms(1)
  const annex = await suite.locations.createLocation({ name: 'Annex', time_zone: 'UTC' })
  const other = await guestAndRooms(1, annex.id)
  const dates = { in_date: day(1), out_date: day(2) }
  for (const wrong of [
    [...rooms, ...other.rooms],
    [...rooms, ...rooms],
  ]) {
    const create = suite.reservations.createReservation({ guest, rooms: wrong, ...dates })
    await expect(create).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'rooms' })
  }
})

test('two reservations of overlapping groups, 20 rounds in parallel: one wins whole, no deadlock', async () => {
  const { guest, rooms } = await guestAndRooms(6)
  for (let round = 0; round < 20; round++) {
    const dates = { in_date: day(10 + round), out_date: day(11 + round) }
    const groups = [rooms.slice(0, 4), rooms.slice(2).reverse(), rooms.slice(1, 5)]
    const results = await Promise.allSettled(
      groups.map((group) => suite.reservations.createReservation({ guest, rooms: group, ...dates })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const held = await suite.sql('reservations', 'select 1 from occupancy where in_date = $1 and room_id = any($2)', [
      day(10 + round),
      rooms,
    ])
    expect([3, 4]).toContain(held.length)
  }
})
