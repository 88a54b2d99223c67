import { Reservation_Status as Status_ } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })
const { CHECKED_IN, CHECKED_OUT } = Status_

const legsOf = (room: string) =>
  suite.sql<{ in_date: string; out_date: string; holder: string }>(
    'reservations',
    'select in_date::text, out_date::text, holder from occupancy where room_id = $1 order by in_date',
    [room],
  )
const book = (guest: string, room: string, from: number, to: number) =>
  suite.gateway.reservations.createReservation({ guest, room, in_date: day(from), out_date: day(to) })
const retire = (id: string) => suite.gateway.rooms.deleteRoom({ id })
const marked = async (table: 'room' | 'guest', id: string) => {
  const service = table === 'room' ? 'rooms' : 'guests'
  const [row] = await suite.sql<{ marked: boolean }>(
    service,
    `select retiring_time is not null as marked from ${table} where id = $1`,
    [id],
  )
  return row?.marked
}
/** Makes a mark look as old as one that its maker has left behind. */
const age = (id: string) =>
  suite.sql('rooms', `update room set retiring_time = retiring_time - interval '1 minute' where id = $1`, [id])

describe('a room', () => {
  test('DELETE takes its whole future; it is kept, not to be changed or reserved; undelete gives the future back', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const past = await book(guest, room, -5, -3)
    const path = `/rooms/${room}`
    const before = (await suite.rest('GET', path)).json
    const deleted = await suite.rest('DELETE', path)
    expect(deleted).toMatchObject({ status: 200, json: { id: room, delete_time: expect.any(String), etag: '"2"' } })
    expect(await legsOf(room)).toEqual([
      { in_date: day(-5), out_date: day(-3), holder: 'RESERVATION' },
      { in_date: day(), out_date: 'infinity', holder: 'RETIRED' },
    ])
    expect((await suite.rest('GET', path)).json).toEqual(deleted.json)
    const listed = async (query: string) =>
      (await suite.rest('GET', `/rooms?page_size=500${query}`)).json.rooms.map(({ id }: { id: string }) => id)
    expect(await listed('')).not.toContain(room)
    expect(await listed('&show_deleted=true')).toContain(room)
    for (const [method, body] of [
      ['PATCH', {}],
      ['PUT', { number: '1' }],
      ['DELETE', undefined],
    ] as const) {
      expect(refusal(await suite.rest(method, path, { body }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    }
    const stay = { guest, room, in_date: day(300), out_date: day(301) }
    await eventually(async () =>
      expect(refusal(await suite.rest('POST', '/reservations', { body: stay }))).toEqual(invalid('room')),
    )
    expect((await suite.reservations.getReservation({ id: past.id })).room).toBe(room)

    const restored = await suite.rest('POST', `${path}:undelete`)
    expect(restored.json).toEqual({ ...before, etag: '"3"', update_time: restored.json.update_time })
    expect((await suite.rest('POST', '/reservations', { body: stay })).status).toBe(201)
    await eventually(async () => expect((await legsOf(room)).map(({ holder }) => holder)).not.toContain('RETIRED'))
    expect(refusal(await suite.rest('POST', `${path}:undelete`))).toEqual([400, 'ALREADY_LIVE'])
    await demandViewIsTrue(suite)
  })

  test('can be retired, restored and retired again at once, any number of times', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (let round = 0; round < 5; round++) {
      await retire(room)
      await suite.gateway.rooms.undeleteRoom({ id: room })
      const { id } = await book(guest, room, 1, 3)
      await expect(retire(room)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', { reservations: id })
      await suite.gateway.reservations.deleteReservation({ id })
    }
    await retire(room)
    expect(await legsOf(room)).toEqual([{ in_date: day(), out_date: 'infinity', holder: 'RETIRED' }])
  })

  test('is not restored while another has its number', async () => {
    const number = freshNumber()
    const { id } = await suite.rooms.createRoom({ number })
    await retire(id)
    const other = await suite.rooms.createRoom({ number })
    const undelete = () => suite.rooms.undeleteRoom({ id })
    await expect(undelete()).rejects.toRefuse(Status.ALREADY_EXISTS, 'ROOM_NUMBER_TAKEN', { number })
    await suite.rooms.updateRoom({ id: other.id, number: freshNumber() })
    await expect(undelete()).resolves.toMatchObject({ id, number })
  })

  const inTheWay: [name: string, from: number, to: number, status: number | undefined, refused: boolean][] = [
    ['a future reservation', 5, 6, undefined, true],
    ['one of tonight', 0, 1, undefined, true],
    ['day use today', 0, 0, undefined, true],
    ['one that ends today', -2, 0, undefined, true],
    ['one that ended yesterday', -2, -1, undefined, false],
    ['a guest who is here', -1, 1, CHECKED_IN, true],
    ['a guest who overstays', -3, -1, CHECKED_IN, true],
    ['a guest who has left', -2, 0, CHECKED_OUT, false],
  ]
  test.each(inTheWay)('with %s', async (_name, from, to, status, refused) => {
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await book(guest, room, from, to)
    if (status !== undefined) await suite.reservations.updateReservation({ id, status: CHECKED_IN })
    if (status === CHECKED_OUT) await suite.reservations.updateReservation({ id, status })
    if (!refused) return expect(retire(room)).resolves.toMatchObject({ id: room })
    const before = [await suite.rooms.getRoom({ id: room }), await legsOf(room)]
    await expect(retire(room)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', {
      room,
      reservations: id,
    })
    expect([await suite.rooms.getRoom({ id: room }), await legsOf(room)]).toEqual(before)
    expect(await marked('room', room)).toBe(false)
    await suite.rooms.updateRoom({ id: room, number: freshNumber() })
  })

  test.each(['Pacific/Kiritimati', 'Etc/GMT+12'])(
    "begins to be gone with the location's own day: %s",
    async (time_zone) => {
      const location = await suite.locations.createLocation({ name: time_zone, time_zone })
      const { id } = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
      const today = () => Temporal.Now.plainDateISO(time_zone).toString()
      const before = today()
      await retire(id)
      const [leg] = await legsOf(id)
      expect([before, today()]).toContain(leg?.in_date)
    },
  )

  test('is free to go when its guest has moved to another', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const other = await suite.rooms.createRoom({ number: freshNumber() })
    const { id } = await book(guest, room, -1, 3)
    await suite.reservations.updateReservation({ id, status: CHECKED_IN })
    await suite.reservations.updateReservation({ id, room: other.id })
    await expect(retire(other.id)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', { reservations: id })
    await expect(retire(room)).resolves.toMatchObject({ id: room })
  })

  test('is refused for several, up to 20 named', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const made = []
    for (let n = 0; n < 21; n++) made.push((await book(guest, room, n, n + 1)).id)
    const answer = await suite.rest('DELETE', `/rooms/${room}`)
    expect(refusal(answer)).toEqual([400, 'ROOM_IN_USE'])
    const { metadata } = answer.json.details[0]
    expect(Object.keys(metadata).sort()).toEqual(['reservations', 'room'])
    expect(metadata.reservations.split(',')).toEqual(made.sort().slice(0, 20))
  })

  test('the etag must hold, and the deletion is repeated safely by its key, 16 times at once', async () => {
    const { room } = await guestAndRoom(suite)
    const stale = suite.rooms.deleteRoom({ id: room, etag: '"7"' })
    await expect(stale).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: '"1"' })
    const request = { id: room, etag: '"1"' }
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => suite.gateway.rooms.deleteRoom(request, keyed('retire'))),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    await expect(suite.rooms.deleteRoom({ id: room })).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
  })
})

describe('races', () => {
  test('a retirement against a reservation, 100 rounds: never both, never neither', async () => {
    const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
    let retired = 0
    for (let round = 0; round < 100; round++) {
      const { id: room } = await suite.rooms.createRoom({ number: freshNumber() })
      const both = [() => book(guest, room, 1, 2), () => retire(room)]
      const order = round % 2 === 0 ? both : both.reverse()
      const results = await Promise.allSettled(order.map((call) => call()))
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const live = (await suite.rooms.getRoom({ id: room })).delete_time === undefined
      expect((await legsOf(room)).map(({ holder }) => holder)).toEqual([live ? 'RESERVATION' : 'RETIRED'])
      if (!live) retired += 1
    }
    expect(retired).toBeGreaterThan(0)
    expect(retired).toBeLessThan(100)
  }, 120_000)

  test('eight deletions of one room at once: one deletes, the others find it deleted', async () => {
    const { room } = await guestAndRoom(suite)
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => retire(room)))
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(refused).toHaveLength(7)
    for (const reason of refused) expect(reason).toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
    expect((await suite.rooms.getRoom({ id: room })).etag).toBe('"2"')
  })

  test('deletions, cancellations and bookings of one room: what is decided holds in both services', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (let round = 0; round < 15; round++) {
      const booked = await book(guest, room, 1, 2)
      await Promise.allSettled([
        retire(room),
        suite.gateway.reservations.deleteReservation({ id: booked.id }),
        retire(room),
        retire(room),
      ])
      const live = (await suite.rooms.getRoom({ id: room })).delete_time === undefined
      expect(await marked('room', room)).toBe(false)
      expect((await legsOf(room)).map(({ holder }) => holder)).toEqual(live ? [] : ['RETIRED'])
      if (!live) await suite.gateway.rooms.undeleteRoom({ id: room })
    }
  }, 60_000)
})

describe('a decision of the reservations service', () => {
  test('stands: a refused attempt and those before it stay refused, a later one is free; an agreed one is repeated', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const { id, hotel } = await book(guest, room, 1, 2)
    const ask = (attempt: bigint, version = 1n) => suite.retirement.retireRoom({ hotel, room, version, attempt })
    const refused = (call: Promise<unknown>) => expect(call).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE')
    await refused(ask(2n))
    await suite.reservations.deleteReservation({ id })
    await refused(ask(1n))
    await refused(ask(2n))
    expect(await legsOf(room)).toEqual([])
    await ask(3n)
    await ask(3n)
    expect(await legsOf(room)).toEqual([{ in_date: day(), out_date: 'infinity', holder: 'RETIRED' }])
    await suite.rooms.updateRoom({ id: room, number: freshNumber() })
    await eventually(async () => expect(await legsOf(room)).toEqual([]))
    await expect(ask(4n)).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: '"2"' })
    expect(await legsOf(room)).toEqual([])
  })
})

describe('a deletion that was left between mark and decision', () => {
  /** Holds up the reservations service, so that a deletion waits for its decision, while `act` runs. */
  async function undecided(id: string, act: () => Promise<void>): Promise<PromiseSettledResult<unknown>> {
    const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
    await lock.connect()
    try {
      await lock.query('set idle_in_transaction_session_timeout = 0')
      await lock.query('begin')
      await lock.query('select 1 from feed_head for update')
      const deletion = Promise.allSettled([suite.rooms.deleteRoom({ id })])
      await eventually(async () => expect(await marked('room', id)).toBe(true))
      await act()
      const [result] = await deletion
      return result
    } finally {
      await lock.query('rollback').catch(() => undefined)
      await lock.end()
    }
  }
  const first = () => suite.stack.services.rooms.instances[0]

  test('by a service that was killed is finished by another: deleted, by who asked', async () => {
    const { room } = await guestAndRoom(suite)
    const killed = await undecided(room, async () => void (await first()?.kill()))
    expect(killed).toMatchObject({ status: 'rejected', reason: { code: Status.UNAVAILABLE } })
    await age(room)
    const [, second = ''] = suite.stack.addresses.rooms
    expect(second).not.toBe('')
    await eventually(async () => {
      const row = await suite.sql('rooms', 'select updated_by, delete_time is null as live from room where id = $1', [
        room,
      ])
      expect(row).toEqual([{ updated_by: TESTER, live: false }])
    })
    expect(await legsOf(room)).toEqual([{ in_date: day(), out_date: 'infinity', holder: 'RETIRED' }])
    await first()?.start()
    await eventually(() => suite.rooms.listRooms({}))
  }, 60_000)

  test('with a reservation made in between is given up: the room is as before', async () => {
    const { guest, room } = await guestAndRoom(suite)
    await suite.stack.services.reservations.kill()
    await expect(suite.rooms.deleteRoom({ id: room })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', {
      peer: 'reservations',
    })
    const rename = suite.rooms.updateRoom({ id: room, number: freshNumber() })
    await expect(rename).rejects.toRefuse(Status.UNAVAILABLE, 'UNAVAILABLE')
    await suite.stack.services.reservations.start()
    const { id } = await eventually(() => book(guest, room, 1, 2))
    await age(room)
    await eventually(async () => expect(await marked('room', room)).toBe(false))
    expect(await suite.rooms.getRoom({ id: room })).toMatchObject({ etag: '"1"' })
    await expect(retire(room)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', { reservations: id })
  }, 60_000)
})

test('the deletion of a guest is repeated safely by its key, 16 times at once', async () => {
  const { id } = await suite.guests.createGuest({ first_name: 'Ada' })
  const request = { id, etag: '"1"' }
  const answers = await Promise.all(
    Array.from({ length: 16 }, () => suite.gateway.guests.deleteGuest(request, keyed('delete-guest'))),
  )
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(await marked('guest', id)).toBe(false)
})
