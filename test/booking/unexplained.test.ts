import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import type { RichClientError } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { waiting } from '../support/locks.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN } = Reservation_Status
const dates = (from: number, to: number) => ({ in_date: day(from), out_date: day(to) })
const sql = (text: string) => suite.sql('reservations', text)

/** Refused calls of each method whose refusals name alternatives; all leave these out, or none. */
async function refusedCalls() {
  const { guest, room } = await guestAndRoom(suite)
  const { id: room_type } = await suite.roomTypes.createRoomType({ name: `Type ${freshNumber()}` })
  await suite.rooms.updateRoom({ id: room, room_type })
  const { createReservation, deleteReservation, undeleteReservation, updateReservation } = suite.gateway.reservations
  const gone = await createReservation({ guest, room, ...dates(5, 7) })
  await deleteReservation({ id: gone.id })
  await createReservation({ guest, room, ...dates(5, 7) })
  const here = await createReservation({ guest, room, ...dates(-1, 1) })
  await updateReservation({ id: here.id, status: CHECKED_IN })
  const late = { deadline: 8_000 }
  return [
    ['ROOM_NOT_AVAILABLE', () => createReservation({ guest, room, ...dates(6, 8) }, late)],
    ['NO_ROOM_OF_TYPE_AVAILABLE', () => createReservation({ guest, room_type, ...dates(6, 8) }, late)],
    ['ROOM_NOT_AVAILABLE', () => updateReservation({ id: here.id, out_date: day(6) }, late)],
    ['ROOM_NOT_AVAILABLE', () => undeleteReservation({ id: gone.id }, late)],
  ] as const
}

function hasAlternatives(error: unknown): boolean {
  const { extra } = error as RichClientError
  return extra.some((detail) => 'typeUrl' in detail && detail.typeUrl.endsWith('Alternatives'))
}

async function demandRefused(calls: Awaited<ReturnType<typeof refusedCalls>>, explained: boolean): Promise<void> {
  const errors = await Promise.all(calls.map(([, call]) => (call() as Promise<unknown>).catch((error) => error)))
  for (const [index, error] of errors.entries()) {
    expect(error).toRefuse(Status.FAILED_PRECONDITION, calls[index]?.[0] ?? '')
    expect(hasAlternatives(error)).toBe(explained)
  }
}

describe('a refusal for want of rooms', () => {
  test('leaves without alternatives when these can not be read, and with them when they can', async () => {
    const calls = await refusedCalls()
    await demandRefused(calls, true)
    await sql('alter function around_refusal rename to around_refusal_elsewhere')
    await demandRefused(calls, false)
    await sql('alter function around_refusal_elsewhere rename to around_refusal')
    await demandRefused(calls, true)
  })

  test('leaves without alternatives when reading them takes longer than callers wait, and reads no further', async () => {
    const calls = await refusedCalls()
    await sql('alter function around_refusal rename to around_refusal_elsewhere')
    await sql(
      `create function around_refusal(uuid, uuid, uuid[], uuid, int, date, date, uuid, boolean, int, int, int, float)
       returns table (seq bigint, at timestamptz, nearest jsonb, others jsonb, held jsonb, held_from date)
       language plpgsql as $$ begin perform pg_sleep(600); end $$`,
    )
    const refused = demandRefused(calls, false)
    await waiting(suite, 'reservations', 'PgSleep')
    await refused
    await eventually(async () =>
      expect(
        await sql(`select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`),
      ).toEqual([]),
    )
    await sql('drop function around_refusal')
    await sql('alter function around_refusal_elsewhere rename to around_refusal')
  }, 30_000)
})

test('rooms that are lost each time they are chosen, by nothing that can be seen: UNAVAILABLE after ten choices', async () => {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const { id: room_type } = await suite.roomTypes.createRoomType({ name: `Type ${freshNumber()}` })
  const room = await suite.rooms.createRoom({ number: freshNumber(), room_type })
  const book = () => suite.gateway.reservations.createReservation({ guest, room_type, ...dates(5, 7) })
  await sql('create sequence choices')
  await sql(
    `create function lose() returns trigger language plpgsql security definer set search_path from current as
     $$ begin perform nextval('choices'); return null; end $$`,
  )
  await sql(
    `create trigger lose before insert on occupancy for each row when (new.room_id = '${room.id}') execute function lose()`,
  )
  await expect(book()).rejects.toRefuse(Status.UNAVAILABLE, 'UNAVAILABLE')
  // In a group first, once the service has read of the guest and the type, and then alone.
  const [made] = await sql('select last_value::int as count from choices')
  expect([10, 20]).toContain(made?.count)
  await sql('drop function lose cascade; drop sequence choices')
  await expect(book()).resolves.toMatchObject({ rooms: [room.id] })
})
