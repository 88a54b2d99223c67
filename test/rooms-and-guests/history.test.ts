import { type HistoryEntry, HistoryEntry_Kind as Kind } from '@hotel/proto/hotel/history/v1/history'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** An entry in short: what it did, and its fields as `name: from > to`. */
function told({ kind, version, fields }: HistoryEntry) {
  const [name] = Object.entries(Kind).find(([, number]) => number === kind) ?? []
  return [name, version, ...fields.map(({ field, from, to }) => `${field}: ${from.join()} > ${to.join()}`)]
}

test('of a reservation: each change with who, when and which fields, the latest first', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const other = await suite.rooms.createRoom({ number: freshNumber() })
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(2) })
  await suite.reservations.updateReservation({ id, out_date: day(3), note: 'sea view' })
  await suite.reservations.updateReservation({ id, rooms: [other.id] })
  await suite.reservations.deleteReservation({ id, reason: 'ill' })
  await suite.reservations.undeleteReservation({ id })
  await suite.reservations.updateReservation({ id, status: Reservation_Status.CHECKED_IN })
  await suite.reservations.updateReservation({ id, update_mask: ['note'] })
  // Changes nothing, and so is no entry.
  await suite.reservations.updateReservation({ id, out_date: day(3) })

  const { entries, next_page_token } = await suite.reservations.listReservationHistory({ id })
  const { checkin_datetime } = await suite.reservations.getReservation({ id })
  const deleted = entries[3]?.fields.find(({ field }) => field === 'delete_time')?.to[0] ?? ''
  expect(entries.map(told)).toEqual([
    ['UPDATED', 7, 'note: sea view > '],
    ['UPDATED', 6, 'status: PENDING > CHECKED_IN', `checkin_datetime:  > ${checkin_datetime?.toISOString()}`],
    ['UNDELETED', 5, `delete_time: ${deleted} > `, 'reason: ill > '],
    ['DELETED', 4, `delete_time:  > ${deleted}`, 'reason:  > ill'],
    ['UPDATED', 3, `rooms: ${room} > ${other.id}`],
    ['UPDATED', 2, `out_date: ${day(2)} > ${day(3)}`, 'note:  > sea view'],
    [
      'CREATED',
      1,
      `in_date:  > ${day()}`,
      `out_date:  > ${day(2)}`,
      'status:  > PENDING',
      `guest:  > ${guest}`,
      `rooms:  > ${room}`,
      expect.stringMatching(/^location: {2}> .{36}$/),
    ],
  ])
  expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set([TESTER]))
  const times = entries.map(({ time }) => Number(time))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(next_page_token).toBe('')
})

test('of a guest and of a room, over REST, page by page; also when deleted', async () => {
  const { guest, room } = await guestAndRoom(suite)
  for (const last_name of ['Byron', 'King', 'Lovelace']) await suite.guests.updateGuest({ id: guest, last_name })
  await suite.guests.deleteGuest({ id: guest })
  await suite.rooms.updateRoom({ id: room, number: `${freshNumber()}a` })
  const pages = []
  let token = ''
  do {
    const { status, json } = await suite.rest('GET', `/guests/${guest}/history?page_size=2&page_token=${token}`)
    expect(status).toBe(200)
    pages.push(json.entries.map(({ kind, version }: { kind: string; version: number }) => [kind, version]))
    token = json.next_page_token
  } while (token !== '')
  expect(pages).toEqual([
    [
      ['DELETED', 5],
      ['UPDATED', 4],
    ],
    [
      ['UPDATED', 3],
      ['UPDATED', 2],
    ],
    [['CREATED', 1]],
  ])
  const { json } = await suite.rest('GET', `/rooms/${room}/history`)
  expect(json.entries[0]).toMatchObject({ kind: 'UPDATED', fields: [{ field: 'number' }] })
})

test('of an unknown id is NOT_FOUND; a token of another resource is refused', async () => {
  const [a, b] = [await guestAndRoom(suite), await guestAndRoom(suite)]
  await suite.guests.updateGuest({ id: a.guest, last_name: 'Byron' })
  const { next_page_token } = await suite.guests.listGuestHistory({ id: a.guest, page_size: 1 })
  await expect(suite.guests.listGuestHistory({ id: b.guest, page_token: next_page_token })).rejects.toRefuse(
    Status.INVALID_ARGUMENT,
    'PAGE_TOKEN_INVALID',
  )
  for (const id of [a.room, 'x', '01900000-0000-7000-8000-000000000000']) {
    await expect(suite.guests.listGuestHistory({ id })).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
  }
})
