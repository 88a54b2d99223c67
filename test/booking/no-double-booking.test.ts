import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const CALLERS = 64
const ROUNDS = 20

async function raceOverGrpc(guest: string, room: string, inDate: string, outDate: string) {
  const results = await Promise.allSettled(
    Array.from({ length: CALLERS }, () =>
      suite.gateway.reservations.createReservation({ guest, room, in_date: inDate, out_date: outDate }),
    ),
  )
  const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  return { winners: results.length - losers.length, losers }
}

describe('64 parallel creates for one room and night', () => {
  test('over gRPC: exactly one wins each round, every loser is refused for the room', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (let round = 0; round < ROUNDS; round++) {
      const { winners, losers } = await raceOverGrpc(guest, room, day(round), day(round + 1))
      expect(winners).toBe(1)
      for (const loser of losers) expect(loser).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
    }
  }, 60_000)

  test('over REST: exactly one 201 each round, every other 400 ROOM_NOT_AVAILABLE', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (let round = 0; round < ROUNDS; round++) {
      const body = { guest, room, in_date: day(round), out_date: day(round + 1) }
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, () => suite.rest('POST', '/reservations', { body })),
      )
      const losers = answers.filter(({ status }) => status !== 201)
      expect(losers).toHaveLength(CALLERS - 1)
      for (const { status, json } of losers) {
        expect([status, json.details[0].reason]).toEqual([400, 'ROOM_NOT_AVAILABLE'])
      }
    }
  }, 60_000)
})

/** Allen's thirteen relations of an interval to [10, 20), as day offsets; whether both stays fit. */
const relations: [name: string, from: number, to: number, fits: boolean][] = [
  ['before', 5, 8, true],
  ['meets', 5, 10, true],
  ['overlaps', 5, 15, false],
  ['starts', 10, 15, false],
  ['during', 12, 18, false],
  ['finishes', 15, 20, false],
  ['equals', 10, 20, false],
  ['finished by', 5, 20, false],
  ['contains', 5, 25, false],
  ['started by', 10, 25, false],
  ['overlapped by', 15, 25, false],
  ['met by', 20, 25, true],
  ['after', 22, 25, true],
]

describe('two stays in one room', () => {
  test.each(relations)('%s: [%d, %d) beside [10, 20)', async (_name, from, to, fits) => {
    const { guest, room } = await guestAndRoom(suite)
    const book = (a: number, b: number) =>
      suite.reservations.createReservation({ guest, room, in_date: day(a), out_date: day(b) })
    await book(10, 20)
    if (fits) await expect(book(from, to)).resolves.toMatchObject({ room })
    else await expect(book(from, to)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
  })

  test('day use holds the night of its day', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const book = (a: number, b: number) =>
      suite.reservations.createReservation({ guest, room, in_date: day(a), out_date: day(b) })
    await book(3, 3)
    await expect(book(3, 3)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await expect(book(2, 4)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await expect(book(1, 3)).resolves.toBeDefined()
    await expect(book(4, 4)).resolves.toBeDefined()
  })
})
