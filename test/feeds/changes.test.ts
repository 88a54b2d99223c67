import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import pg from 'pg'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber, nightsHeld } from '../support/hotel.ts'

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await sharedSuite()
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status
const newRoom = async () => (await suite.rooms.createRoom({ number: freshNumber() })).id
const read = (id: string) => suite.reservations.getReservation({ id })

async function reserve(rooms: string[], from: number, to: number, ...statuses: Reservation_Status[]) {
  const dates = { in_date: day(from), out_date: day(to) }
  let made = await suite.reservations.createReservation({ guest, rooms, ...dates })
  for (const status of statuses) made = await suite.reservations.updateReservation({ id: made.id, status })
  return made
}

const legs = (id: string) => nightsHeld(suite, { id })

/** What a refusal names as being in the way. */
async function inTheWay(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => new Error('was not refused'),
    (error: unknown) => error,
  )
  if (!(error instanceof RichClientError)) throw error
  const failure = error.extra.find((detail) => detail.$type === 'google.rpc.PreconditionFailure')
  const { violations } = failure as unknown as { violations: { type: string; subject: string; description: string }[] }
  return violations.map(({ type, subject, description }) => [type, subject, description])
}
const held = (room: string, from: number, to: number, by = 'RESERVATION') => [
  by,
  `rooms/${room}`,
  `held for the nights from ${day(from)} to ${day(to)}`,
]

describe('a change', () => {
  test('of dates, rooms and guest at once takes and frees all in one', async () => {
    const [x, y, z] = [await newRoom(), await newRoom(), await newRoom()]
    const { id } = await reserve([x, y], 1, 4)
    const { id: other } = await suite.guests.createGuest({ first_name: 'Bo' })
    const wanted = { in_date: day(2), out_date: day(6), rooms: [y, z], guest: other }
    expect(await suite.reservations.updateReservation({ id, ...wanted })).toMatchObject({ ...wanted, room: y })
    expect(await legs(id)).toHaveLength(2)
    await reserve([x], 1, 4)
    await expect(reserve([y], 5, 6)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await demandViewIsTrue(suite)
  })

  test('may overlap what the reservation held itself, by one night earlier and later, over and over', async () => {
    const room = await newRoom()
    const { id } = await reserve([room], 10, 14)
    for (const from of [11, 12, 10, 9, 13]) {
      const moved = await suite.reservations.updateReservation({ id, in_date: day(from), out_date: day(from + 4) })
      expect(moved.in_date).toBe(day(from))
    }
    expect(await legs(id)).toEqual([[room, day(13), day(17)]])
  })

  test('that fails for one of its rooms leaves the nights of all held, and nothing changed', async () => {
    const [x, y, taken] = [await newRoom(), await newRoom(), await newRoom()]
    const made = await reserve([x, y], 1, 4)
    await reserve([taken], 3, 5)
    const change = { id: made.id, rooms: [y, taken], in_date: day(2), out_date: day(6), note: 'Moved' }
    expect(await inTheWay(suite.reservations.updateReservation(change))).toEqual([held(taken, 3, 5)])
    expect(await read(made.id)).toEqual(made)
    expect(new Set((await legs(made.id)).map(([room]) => room))).toEqual(new Set([x, y]))
    for (const room of [x, y]) {
      await expect(reserve([room], 1, 2)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    }
  })

  test('that fails because the service dies in between leaves the old nights held', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const made = await reserve([x], 1, 4)
    // Someone else is about to take the new room: the change has freed the old one and waits for how that ends.
    const rival = new pg.Client(suite.stack.databaseUrls.reservations)
    await rival.connect()
    try {
      await rival.query('set idle_in_transaction_session_timeout = 0')
      await rival.query('begin')
      await rival.query(
        `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
         values ($1, gen_random_uuid(), $2, $3, $4, 'BLOCK')`,
        [made.hotel, y, day(1), day(4)],
      )
      const change = suite.reservations.updateReservation({ id: made.id, room: y })
      change.catch(() => undefined)
      await eventually(async () => {
        const waiting = await suite.sql(
          'reservations',
          `select 1 from pg_stat_activity where query like '%hold_rooms%'
          and wait_event_type = 'Lock' and datname = current_database()`,
        )
        expect(waiting).toHaveLength(1)
      })
      await suite.stack.services.reservations.kill('SIGKILL')
      await expect(change).rejects.toMatchObject({ code: Status.UNAVAILABLE })
      await rival.query('rollback')
    } finally {
      await rival.end()
    }
    await suite.stack.services.reservations.start()
    expect(await eventually(() => read(made.id))).toEqual(made)
    expect(await legs(made.id)).toEqual([[x, day(1), day(4)]])
    await expect(reserve([x], 3, 4)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await expect(reserve([y], 1, 4)).resolves.toMatchObject({ room: y })
  }, 30_000)

  test('and a reservation race for the same room, 20 rounds: one has it', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    for (let round = 0; round < 20; round++) {
      const [from, to] = [round * 2 + 1, round * 2 + 2]
      const mover = await reserve([x], from, to)
      const results = await Promise.allSettled([
        suite.reservations.updateReservation({ id: mover.id, room: y }),
        reserve([y], from, to),
        suite.reservations.updateReservation({ id: mover.id, room: y, note: 'again' }),
      ])
      const moved = (await read(mover.id)).room === y
      expect([moved, results[1]?.status]).toEqual([moved, moved ? 'rejected' : 'fulfilled'])
      expect(await legs(mover.id)).toEqual([[moved ? y : x, day(from), day(to)]])
    }
  })
})

describe('a longer stay', () => {
  test('that collides names the nights in the way, and only these', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const made = await reserve([x, y], 1, 4)
    await reserve([x], 5, 6)
    await reserve([x], 8, 12)
    const block = { room: y, in_date: day(9), out_date: day(20) }
    await suite.blocks.createRoomBlock(block)
    await reserve([y], 0, 1)
    const extend = suite.reservations.updateReservation({ id: made.id, out_date: day(10) })
    expect(await inTheWay(extend)).toEqual([held(x, 5, 6), held(x, 8, 10), held(y, 9, 10, 'BLOCK')])
    await expect(suite.reservations.updateReservation({ id: made.id, out_date: day(10) })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'ROOM_NOT_AVAILABLE',
      { room: x, in_date: day(5), out_date: day(6) },
    )
    expect(await read(made.id)).toEqual(made)
    await expect(suite.reservations.updateReservation({ id: made.id, out_date: day(5) })).resolves.toBeDefined()
  })

  test('of a guest who is here, likewise', async () => {
    const room = await newRoom()
    const made = await reserve([room], -2, 2, CHECKED_IN)
    await reserve([room], 4, 7)
    const extend = (to: number) => suite.reservations.updateReservation({ id: made.id, out_date: day(to) })
    expect(await inTheWay(extend(6))).toEqual([held(room, 4, 6)])
    expect(await legs(made.id)).toEqual([[room, day(-2), day(2)]])
    await expect(extend(4)).resolves.toMatchObject({ out_date: day(4) })
  })
})

describe('an early departure', () => {
  test.each([
    ['of a guest who is here: a shorter stay', {}],
    ['with check-out', { status: CHECKED_OUT }],
  ])('%s frees the rest at once', async (_how, status) => {
    const room = await newRoom()
    const { id } = await reserve([room], -2, 5, CHECKED_IN)
    await expect(reserve([room], 0, 5)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await suite.reservations.updateReservation({ id, out_date: day(0), ...status })
    await expect(reserve([room], 0, 5)).resolves.toMatchObject({ room })
    expect(await legs(id)).toEqual([[room, day(-2), day(0)]])
  })

  test('from day use frees the night', async () => {
    const room = await newRoom()
    const { id } = await reserve([room], 0, 0, CHECKED_IN)
    await suite.reservations.updateReservation({ id, status: CHECKED_OUT })
    expect(await legs(id)).toEqual([])
    await expect(reserve([room], 0, 1)).resolves.toMatchObject({ room })
  })
})

describe('a guest who is here and changes rooms', () => {
  test('sleeps in the other from tonight on; the one left is free from tonight on', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const { id } = await reserve([x], -3, 3, CHECKED_IN)
    await reserve([y], -3, 0)
    const moved = await suite.reservations.updateReservation({ id, room: y, out_date: day(4) })
    expect(moved).toMatchObject({ room: y, in_date: day(-3), out_date: day(4) })
    expect(await legs(id)).toEqual([
      [x, day(-3), day(0)],
      [y, day(0), day(4)],
    ])
    await expect(reserve([x], 0, 3)).resolves.toMatchObject({ room: x })
    await expect(reserve([x], -1, 0)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
  })

  test('and should have left already, stays longer along with it, or is refused', async () => {
    const [x, y] = [await newRoom(), await newRoom()]
    const { id } = await reserve([x], -3, 0, CHECKED_IN)
    await expect(suite.reservations.updateReservation({ id, room: y })).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      'FIELD_IMMUTABLE_NOW',
      { field: 'room' },
    )
    await suite.reservations.updateReservation({ id, room: y, out_date: day(1) })
    expect(await legs(id)).toEqual([
      [x, day(-3), day(0)],
      [y, day(0), day(1)],
    ])
  })
})
