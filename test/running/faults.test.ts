import { randomUUID } from 'node:crypto'
import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const lists: Record<ServiceName, { path: string; call: () => Promise<unknown> }> = {
  guests: { path: '/guests', call: () => suite.gateway.guests.listGuests({}) },
  rooms: { path: '/rooms', call: () => suite.gateway.rooms.listRooms({}) },
  reservations: { path: '/reservations', call: () => suite.gateway.reservations.listReservations({}) },
}

describe('a service that is killed', () => {
  test.each(['guests', 'rooms', 'reservations'] as const)(
    '%s: 503 and UNAVAILABLE meanwhile, then all recovers',
    async (name) => {
      const { path, call } = lists[name]
      await suite.stack.services[name].kill('SIGKILL')
      const down = await suite.rest('GET', path)
      expect([down.status, down.json.code, down.json.details[0].reason]).toEqual([503, 14, 'UNAVAILABLE'])
      await expect(call()).rejects.toMatchObject({ code: Status.UNAVAILABLE })
      await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(503))
      const other = name === 'guests' ? 'rooms' : 'guests'
      expect((await suite.rest('GET', lists[other].path)).status).toBe(200)

      await suite.stack.services[name].start()
      await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(200))
      // Envoy's health page counts a replica a moment before its workers have it (`no_healthy_upstream` was seen between).
      await eventually(async () => expect((await suite.rest('GET', path)).status).toBe(200))
      await call()
    },
    60_000,
  )

  test('reservations under load: nothing acknowledged is lost, no night is held twice', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const acknowledged: string[] = []
    let running = true
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let n = 0; running; n++) {
        const from = (n * 8 + client) % 300
        await suite.gateway.reservations
          .createReservation({ guest, room, in_date: day(from), out_date: day(from + 1) })
          .then(
            ({ id }) => acknowledged.push(id),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          )
      }
    })
    await eventually(async () => expect(acknowledged.length).toBeGreaterThan(20))
    await suite.stack.services.reservations.kill('SIGKILL')
    const before = acknowledged.length
    await suite.stack.services.reservations.start()
    await eventually(async () => expect(acknowledged.length).toBeGreaterThan(before + 20))
    running = false
    await Promise.all(clients)

    const rows = await suite.sql<{ id: string }>('reservations', 'select id from reservation where $1 = any(rooms)', [
      room,
    ])
    const stored = new Set(rows.map(({ id }) => id))
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    const [nights] = await suite.sql<{ n: string; d: string }>(
      'reservations',
      'select count(*) n, count(distinct in_date) d from occupancy where room_id = $1',
      [room],
    )
    expect(nights?.n).toBe(nights?.d)
    await demandViewIsTrue(suite)
  }, 60_000)
})

test('transactions whose connections the server ends: UNAVAILABLE, and the pool has all its places again', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  const write = () => suite.reservations.updateReservation({ id, note: randomUUID() })
  const waiting = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
  await lock.connect()
  try {
    await lock.query('set idle_in_transaction_session_timeout = 0')
    // Two rounds of as many transactions as the pool has connections; a few of a hotel run at a time.
    for (let round = 0; round < 2; round++) {
      await lock.query('begin')
      await lock.query('select 1 from feed_head for update')
      let over = false
      const writes = Promise.allSettled(Array.from({ length: 10 }, write)).finally(() => {
        over = true
      })
      while (!over) await suite.sql('reservations', `select pg_terminate_backend(pid) ${waiting}`)
      for (const result of await writes) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: Status.UNAVAILABLE } })
      }
      await lock.query('rollback')
    }
  } finally {
    await lock.end()
  }
  await expect(Promise.all(Array.from({ length: 10 }, write))).resolves.toHaveLength(10)
})

describe('a guest made a millisecond ago', () => {
  test('can be booked although no feed has brought it', async () => {
    for (let n = 0; n < 10; n++) {
      const { guest, room } = await guestAndRoom(suite)
      await expect(
        suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) }),
      ).resolves.toMatchObject({ guest, room })
    }
  })

  test('while guests is down: a known one books, an unknown one is PEER_UNAVAILABLE', async () => {
    const { guest, room } = await guestAndRoom(suite)
    await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
    await suite.stack.services.guests.kill('SIGKILL')
    const book = (who: string) =>
      suite.reservations.createReservation({ guest: who, room, in_date: day(5), out_date: day(6) })
    await expect(book('01900000-0000-7000-8000-000000000000')).rejects.toRefuse(
      Status.UNAVAILABLE,
      'PEER_UNAVAILABLE',
      { peer: 'guests' },
    )
    await expect(book(guest)).resolves.toMatchObject({ guest })
    await suite.stack.services.guests.start()
    await expect(eventually(() => book('01900000-0000-7000-8000-000000000000'))).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'INVALID_FIELD',
    )
  }, 60_000)
})

describe('deleting a guest', () => {
  test('is refused while a reservation is the guest’s; afterwards nobody can book for the guest', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const request = { guest, room, in_date: day(1), out_date: day(2) }
    const { id } = await suite.reservations.createReservation(request)
    await expect(suite.guests.deleteGuest({ id: guest })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'GUEST_HAS_RESERVATIONS',
    )
    await suite.reservations.deleteReservation({ id })
    await suite.guests.deleteGuest({ id: guest })
    await expect(suite.reservations.createReservation(request)).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'INVALID_FIELD',
    )
    await expect(suite.reservations.undeleteReservation({ id })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'GUEST_DELETED',
    )
    await suite.guests.undeleteGuest({ id: guest })
    await expect(suite.reservations.createReservation(request)).resolves.toMatchObject({ guest })
  })

  test('against a create, 30 rounds: never both, never neither', async () => {
    for (let round = 0; round < 30; round++) {
      const { guest, room } = await guestAndRoom(suite)
      const [booked, deleted] = await Promise.allSettled([
        suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) }),
        suite.guests.deleteGuest({ id: guest }),
      ])
      expect([booked.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected'])
    }
  }, 60_000)
})
