import { type Reservation, Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, freshNumber, nightsHeld } from '../support/hotel.ts'

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status
const newRoom = async (location = '') => (await suite.rooms.createRoom({ number: freshNumber(), location })).id
const swap = (...ids: string[]) => suite.reservations.swapRooms({ reservations: ids })
const read = (id: string) => suite.reservations.getReservation({ id })

async function reserve(rooms: string[], from: number, to: number, ...statuses: Reservation_Status[]) {
  const dates = { in_date: day(from), out_date: day(to) }
  let made = await suite.reservations.createReservation({ guest, rooms, ...dates })
  for (const status of statuses) made = await suite.reservations.updateReservation({ id: made.id, status })
  return made
}

const legs = (of: Reservation) => nightsHeld(suite, of)

describe('two reservations swap their rooms', () => {
  test('although all around them is full; both change, and the feed has two changes', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    for (const room of [x, y]) for (const from of [1, 7]) await reserve([room], from, from + 3)
    const [a, b] = [await reserve([x], 4, 7), await reserve([y], 4, 7)]
    const { reservations } = await swap(b.id, a.id)
    expect(reservations.map(({ id, room }) => [id, room])).toEqual([
      [b.id, x],
      [a.id, y],
    ])
    for (const before of [a, b]) {
      const after = await read(before.id)
      expect(reservations).toContainEqual(after)
      expect(after.etag).not.toBe(before.etag)
    }
    const changes = await suite.sql<{ version: number; kind: string }>(
      'reservations',
      'select version, kind from change where id = any($1) order by seq',
      [[a.id, b.id]],
    )
    expect(changes.slice(2)).toEqual([
      { version: 2, kind: 'UPDATED' },
      { version: 2, kind: 'UPDATED' },
    ])
    expect(await legs(a)).toEqual([[y, day(4), day(7)]])
    await demandViewIsTrue(suite)
  })

  test('of other dates, each in the place of the other', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b] = [await reserve([x], 1, 3), await reserve([y], 5, 9)]
    await swap(a.id, b.id)
    expect([await legs(a), await legs(b)]).toEqual([[[y, day(1), day(3)]], [[x, day(5), day(9)]]])
  })

  test('of different numbers: the rooms of the one for those of the other', async () => {
    const [x, y, z] = [await newRoom(), await newRoom(), await newRoom()]
    const [a, b] = [await reserve([x, y], 1, 3), await reserve([z], 1, 3)]
    const { reservations } = await swap(a.id, b.id)
    expect(reservations.map(({ rooms }) => rooms)).toEqual([[z], [x, y]])
  })

  test('from tonight on when the guests are here: what was slept stays', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b] = [await reserve([x], -2, 3, CHECKED_IN), await reserve([y], -1, 2, CHECKED_IN)]
    await swap(a.id, b.id)
    expect(await legs(a)).toEqual([
      [x, day(-2), day(0)],
      [y, day(0), day(3)],
    ])
    expect(await legs(b)).toEqual([
      [y, day(-1), day(0)],
      [x, day(0), day(2)],
    ])
    await swap(a.id, b.id)
    expect([await legs(a), await legs(b)]).toEqual([[[x, day(-2), day(3)]], [[y, day(-1), day(2)]]])
  })

  test('one here, one expected', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b] = [await reserve([x], -2, 3, CHECKED_IN), await reserve([y], 1, 3)]
    await swap(a.id, b.id)
    expect(await legs(a)).toEqual([
      [x, day(-2), day(0)],
      [y, day(0), day(3)],
    ])
    expect(await legs(b)).toEqual([[x, day(1), day(3)]])
  })

  test('with a key: the repeat has the first answer, in its order, also after a later change', async () => {
    const [a, b] = [await reserve([await newRoom()], 1, 3), await reserve([await newRoom()], 1, 3)]
    const keyed = { metadata: Metadata({ 'idempotency-key': 'swap' }) }
    const request = { reservations: [b.id, a.id] }
    const answers = await Promise.all(Array.from({ length: 8 }, () => suite.reservations.swapRooms(request, keyed)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    await suite.reservations.updateReservation({ id: a.id, note: 'Quiet' })
    expect(await suite.reservations.swapRooms(request, keyed)).toEqual(answers[0])
    expect([(await read(a.id)).room, (await read(b.id)).room]).toEqual([b.room, a.room])
  })

  test('15 at once of the same two, with reservations racing for the rooms: as if one after another', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b] = [await reserve([x], 1, 3), await reserve([y], 1, 3)]
    const swaps = Array.from({ length: 15 }, (_, n) => (n % 2 ? swap(a.id, b.id) : swap(b.id, a.id)))
    const rivals = Array.from({ length: 15 }, (_, n) => reserve([n % 2 ? x : y], 2, 4))
    const results = await Promise.allSettled([...swaps, ...rivals])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(15)
    expect([(await read(a.id)).room, (await read(b.id)).room]).toEqual([y, x])
  })
})

describe('a swap is refused, and changes neither', () => {
  const unchanged = async (...reservations: Reservation[]) => {
    for (const before of reservations) expect(await read(before.id)).toEqual(before)
    const held = await Promise.all(reservations.map(legs))
    expect(held.flat().map(([room]) => room)).toEqual(reservations.flatMap(({ rooms }) => rooms))
  }

  test('when a third has one of the rooms: its nights in the way are named', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const [a, b, third] = [await reserve([x], 1, 3), await reserve([y], 5, 9), await reserve([x], 8, 12)]
    await expect(swap(a.id, b.id)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', {
      room: x,
      in_date: day(8),
      out_date: day(9),
    })
    await unchanged(a, b, third)
  })

  test('when one has left', async () => {
    const [a, b] = [
      await reserve([await newRoom()], 1, 3),
      await reserve([await newRoom()], -1, 0, CHECKED_IN, CHECKED_OUT),
    ]
    await expect(swap(a.id, b.id)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'FIELD_IMMUTABLE_NOW', {
      field: 'rooms',
      status: 'CHECKED_OUT',
      reservation: b.id,
    })
    await unchanged(a)
  })

  test('when one is cancelled or unknown', async () => {
    const [a, b] = [await reserve([await newRoom()], 1, 3), await reserve([await newRoom()], 1, 3)]
    await suite.reservations.deleteReservation({ id: b.id })
    for (const other of [b.id, guest])
      await expect(swap(a.id, other)).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
    await unchanged(a)
  })

  test('of two locations', async () => {
    const annex = await suite.locations.createLocation({ name: 'Annex', time_zone: 'UTC' })
    const [a, b] = [await reserve([await newRoom()], 1, 3), await reserve([await newRoom(annex.id)], 1, 3)]
    await expect(swap(a.id, b.id)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', {
      fields: 'reservations',
    })
    await unchanged(a, b)
  })

  test('with an etag that no longer holds; if-match says of neither', async () => {
    const [a, b] = [await reserve([await newRoom()], 1, 3), await reserve([await newRoom()], 1, 3)]
    const reservations = [a.id, b.id]
    const stale = suite.reservations.swapRooms({ reservations, etags: [a.etag, '"7"'] })
    await expect(stale).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: b.etag })
    const headers = { 'if-match': a.etag }
    const { status, json } = await suite.rest('POST', '/reservations:swapRooms', { body: { reservations }, headers })
    expect([status, json.details[1].field_violations[0].field]).toEqual([400, 'if-match'])
    await unchanged(a, b)
    const { reservations: swapped } = await suite.reservations.swapRooms({ reservations, etags: [a.etag, b.etag] })
    expect(swapped.map(({ room }) => room)).toEqual([b.room, a.room])
  })
})

describe('over REST', () => {
  test('POST /reservations:swapRooms answers both', async () => {
    const [a, b] = [await reserve([await newRoom()], 1, 3), await reserve([await newRoom()], 1, 3)]
    const body = { reservations: [a.id, b.id] }
    const { status, json } = await suite.rest('POST', '/reservations:swapRooms', { body })
    expect([status, json.reservations.map(({ room }: { room: string }) => room)]).toEqual([200, [b.room, a.room]])
    expect(json.reservations[0]).toEqual((await suite.rest('GET', `/reservations/${a.id}`)).json)
  })

  test.each([
    [{}],
    [{ reservations: [] }],
    [{ reservations: ['x', 'y'] }],
    [{ reservations: ['0198c000-0000-7000-8000-000000000001'] }],
    [{ reservations: Array(2).fill('0198c000-0000-7000-8000-000000000001') }],
    [{ reservations: 5 }],
  ])('%j is 400 on reservations', async (body) => {
    const { status, json } = await suite.rest('POST', '/reservations:swapRooms', { body })
    expect([status, json.details[1].field_violations[0].field]).toEqual([400, 'reservations'])
  })

  test('another method is 405', async () => {
    const { status, headers } = await suite.rest('GET', '/reservations:swapRooms')
    expect([status, headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })
})
