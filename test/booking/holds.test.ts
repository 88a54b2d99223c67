import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import { clockOf, type MovableClock } from '../desk/clock.ts'
import { type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, guestAndRoom } from '../support/hotel.ts'
import { randomOf } from '../support/random.ts'

let suite: Suite
let clock: MovableClock
beforeAll(async () => {
  // No sweep comes by itself: what is free here is free without one.
  suite = await sharedSuite({ clock: true })
  clock = clockOf(suite)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const seconds = (n: number, from = clock.now()) => new Date(from.getTime() + n * 1_000)
const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })

/** A hold of a new guest on a new room, by default for ten minutes. */
async function held(given: { in_date?: string; out_date?: string; hold_until?: Date } = {}) {
  const who = await guestAndRoom(suite)
  const hold_until = seconds(600)
  const request = { ...who, in_date: day(), out_date: day(2), hold_until, ...given }
  const made = await suite.reservations.createReservation(request)
  return { ...who, request, made, id: made.id, hold_until: request.hold_until }
}

/** Another guest's reservation of the same room and nights, for good. */
async function takeOver({ request }: { request: { room: string; in_date: string; out_date: string } }) {
  const { guest } = await guestAndRoom(suite)
  const { room, in_date, out_date } = request
  return suite.reservations.createReservation({ guest, room, in_date, out_date })
}

const isGone = { code: Status.NOT_FOUND }

describe('hold_until', () => {
  test.each([
    ['in the past', -1],
    ['now', 0],
    ['more than 24 hours ahead', 86_460],
  ])('%s is refused, naming the field', async (_what, ahead) => {
    const { guest, room } = await guestAndRoom(suite)
    const create = suite.reservations.createReservation({
      guest,
      room,
      in_date: day(),
      out_date: day(1),
      hold_until: seconds(ahead),
    })
    await expect(create).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'hold_until' })
  })

  test('over REST: what is no time is 400, a moment within the day is held and answered', async () => {
    const body = { ...(await guestAndRoom(suite)), in_date: day(), out_date: day(1) }
    for (const hold_until of ['tomorrow', '2026-02-30T00:00:00Z', 5, '']) {
      const { status, json } = await suite.rest('POST', '/reservations', { body: { ...body, hold_until } })
      expect([status, json.code]).toEqual([400, 3])
    }
    const hold_until = seconds(86_000).toISOString()
    const { status, json } = await suite.rest('POST', '/reservations', { body: { ...body, hold_until } })
    expect([status, json.status, json.hold_until]).toEqual([201, 'PENDING', hold_until])
    const put = await suite.rest('PUT', `/reservations/${json.id}`, { body: json })
    expect([put.status, put.json]).toEqual([200, json])
  })
})

describe('a hold before its time', () => {
  test('has the room, is in all lists, and is not checked in', async () => {
    const hold = await held()
    await expect(takeOver(hold)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: hold.room })
    const { reservations } = await suite.reservations.listReservations({ room: hold.room })
    expect(reservations).toEqual([hold.made])
    const stay = await suite.reservations.getCurrentAndUpcoming({ id: hold.id })
    expect(stay.hold_until).toEqual(hold.hold_until)
    const checkIn = suite.reservations.updateReservation({ id: hold.id, status: Reservation_Status.CHECKED_IN })
    await expect(checkIn).rejects.toRefuse(Status.FAILED_PRECONDITION, 'HOLD_NOT_CONFIRMED', {
      hold_until: hold.hold_until.toISOString(),
    })
  })

  test('is confirmed: it stays for good, checks in, and once more changes nothing', async () => {
    const hold = await held()
    const { status, json } = await suite.rest('POST', `/reservations/${hold.id}:confirm`)
    expect([status, json.hold_until, json.etag === hold.made.etag]).toEqual([200, undefined, false])
    expect(await suite.reservations.confirmReservation({ id: hold.id })).toMatchObject({ etag: json.etag })
    await clock.set(seconds(1, hold.hold_until))
    await expect(takeOver(hold)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    const checkIn = suite.reservations.updateReservation({ id: hold.id, status: Reservation_Status.CHECKED_IN })
    await expect(checkIn).resolves.toMatchObject({ status: Reservation_Status.CHECKED_IN })
    await demandViewIsTrue(suite)
  })

  test('confirmed with a key, also again after its time: the first answer', async () => {
    const hold = await held()
    const first = await suite.reservations.confirmReservation({ id: hold.id }, keyed(`confirm ${hold.id}`.slice(0, 7)))
    await clock.set(seconds(1, hold.hold_until))
    expect(await suite.reservations.confirmReservation({ id: hold.id }, keyed('confirm'))).toEqual(first)
  })

  test('with an etag that no longer holds is not confirmed', async () => {
    const hold = await held()
    await suite.reservations.updateReservation({ id: hold.id, note: 'Call back' })
    const stale = suite.reservations.confirmReservation({ id: hold.id, etag: hold.made.etag })
    await expect(stale).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH')
  })

  test('moved to other nights and another room, lapses there when it would have', async () => {
    const [hold, other] = [await held(), await guestAndRoom(suite)]
    const moved = { room: other.room, in_date: day(4), out_date: day(6) }
    const changed = await suite.reservations.updateReservation({ id: hold.id, ...moved })
    expect(changed.hold_until).toEqual(hold.hold_until)
    await expect(takeOver({ request: moved })).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await clock.set(hold.hold_until)
    await expect(takeOver({ request: moved })).resolves.toMatchObject({ room: other.room })
  })

  test('cancelled: gone like any other, back while there is time, afterwards no more', async () => {
    const hold = await held()
    await suite.reservations.deleteReservation({ id: hold.id, reason: 'Ill' })
    await expect(suite.reservations.confirmReservation({ id: hold.id })).rejects.toMatchObject(isGone)
    const back = await suite.reservations.undeleteReservation({ id: hold.id })
    expect(back.hold_until).toEqual(hold.hold_until)
    await suite.reservations.deleteReservation({ id: hold.id, reason: 'Ill' })
    await clock.set(hold.hold_until)
    const late = suite.reservations.undeleteReservation({ id: hold.id })
    await expect(late).rejects.toRefuse(Status.FAILED_PRECONDITION, 'HOLD_EXPIRED')
    await expect(suite.reservations.confirmReservation({ id: hold.id })).rejects.toMatchObject(isGone)
  })
})

describe('a hold whose time has come, without any sweep', () => {
  test('is deleted at that moment for every read and write, and the room is free', async () => {
    const hold = await held()
    await clock.set(hold.hold_until)
    const { id, room, guest } = hold
    const seen = await suite.reservations.getReservation({ id })
    expect(seen).toEqual({ ...hold.made, delete_time: hold.hold_until })
    expect((await suite.reservations.listReservations({ room })).reservations).toEqual([])
    expect((await suite.reservations.listReservations({ room, show_deleted: true })).reservations).toEqual([seen])
    await expect(suite.reservations.getCurrentAndUpcoming({ id })).rejects.toMatchObject(isGone)
    const { reservations } = await suite.reservations.listCurrentAndUpcoming({ page_size: 500 })
    expect(reservations.map(({ reservation }) => reservation)).not.toContain(id)
    await demandViewIsTrue(suite)

    await expect(suite.reservations.updateReservation({ id, note: 'Late' })).rejects.toMatchObject(isGone)
    await expect(suite.reservations.deleteReservation({ id })).rejects.toMatchObject(isGone)
    const expired = [Status.FAILED_PRECONDITION, 'HOLD_EXPIRED', { hold_until: hold.hold_until.toISOString() }] as const
    await expect(suite.reservations.confirmReservation({ id })).rejects.toRefuse(...expired)
    await expect(suite.reservations.undeleteReservation({ id })).rejects.toRefuse(...expired)
    await expect(suite.guests.deleteGuest({ id: guest })).resolves.toMatchObject({ id: guest })

    // Nobody has touched it so far: the next guest does.
    const [row] = await suite.sql('reservations', 'select delete_time, version from reservation where id = $1', [id])
    expect(row).toEqual({ delete_time: null, version: 1 })
    await takeOver(hold)
    const after = await suite.reservations.getReservation({ id })
    expect(after).toEqual({ ...seen, etag: '"2"', update_time: after.update_time })
    await expect(suite.reservations.confirmReservation({ id })).rejects.toRefuse(...expired)
    await demandViewIsTrue(suite)
  })

  test('is deleted by the system in the transaction of the one who takes the room, whose key answers that one', async () => {
    const hold = await held()
    await clock.set(hold.hold_until)
    const { guest } = await guestAndRoom(suite)
    const request = { guest, room: hold.room, in_date: day(1), out_date: day(3) }
    const first = await suite.reservations.createReservation(request, keyed('taker'))
    expect(await suite.reservations.createReservation(request, keyed('taker'))).toEqual(first)
    const changes = await suite.sql<{ seq: string; kind: string; actor: string }>(
      'reservations',
      `select seq, kind, actor from change where resource = 'reservation' and id = any($1) order by seq desc limit 2`,
      [[hold.id, first.id]],
    )
    expect(changes.map(({ kind, actor }) => [kind, actor])).toEqual([
      ['CREATED', TESTER],
      ['DELETED', 'system'],
    ])
    expect(BigInt(changes[0]?.seq ?? 0) - BigInt(changes[1]?.seq ?? 0)).toBe(1n)
  })

  test('goes from the way of a move and of an undelete too; a refused write leaves it as it is', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const mine = await suite.reservations.createReservation({ guest, room, in_date: day(10), out_date: day(12) })
    const other = await suite.reservations.createReservation({ guest, room, in_date: day(3), out_date: day(5) })
    const lapsing = { guest, room, in_date: day(1), out_date: day(3), hold_until: seconds(600) }
    const hold = await suite.reservations.createReservation(lapsing)
    await clock.set(lapsing.hold_until)
    const tooFar = suite.reservations.updateReservation({ id: mine.id, in_date: day(1), out_date: day(4) })
    await expect(tooFar).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { in_date: day(3) })
    expect((await suite.reservations.getReservation({ id: hold.id })).etag).toBe(hold.etag)
    await suite.reservations.updateReservation({ id: mine.id, in_date: day(1), out_date: day(3) })

    await suite.reservations.deleteReservation({ id: other.id })
    const second = { guest, room, in_date: day(4), out_date: day(6), hold_until: seconds(600) }
    await suite.reservations.createReservation(second)
    const early = suite.reservations.undeleteReservation({ id: other.id })
    await expect(early).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await clock.set(second.hold_until)
    await expect(suite.reservations.undeleteReservation({ id: other.id })).resolves.toMatchObject({ room })
  })
})

test('confirming and taking over race while the moment comes, 30 rounds: never both, never neither', async () => {
  const confirm = (id: string) => suite.reservations.confirmReservation({ id })
  for (let round = 0; round < 30; round++) {
    const hold = await held()
    const calls = [() => confirm(hold.id), () => takeOver(hold), () => takeOver(hold), () => takeOver(hold)]
    // The moment comes before the first call, or between two, or after the last.
    const running = calls.slice(0, round % 5).map((call) => call())
    await clock.set(hold.hold_until)
    const results = await Promise.allSettled([...running, ...calls.slice(round % 5).map((call) => call())])
    const [kept, ...taken] = results.map(({ status }) => status === 'fulfilled')
    if (!kept && !taken.includes(true)) taken.push(Boolean(await takeOver(hold)))
    expect([kept, ...taken].filter(Boolean)).toHaveLength(1)
    const legs = await suite.sql('reservations', 'select 1 from occupancy where room_id = $1', [hold.room])
    expect(legs).toHaveLength(1)
  }
}, 60_000)

describe('after random operations, holds that lapse among them, who holds what is what the reservations say', () => {
  test.each([1, 2])(
    'seed %d',
    async (seed) => {
      const random = randomOf(seed, 'holds').below
      const made: string[] = []
      const { guest, room } = await guestAndRoom(suite)
      const rooms = [room, (await guestAndRoom(suite)).room, (await guestAndRoom(suite)).room]
      const any = () => made[random(made.length)] ?? guest
      const dates = () => {
        const from = random(12)
        return { in_date: day(from), out_date: day(from + random(4)) }
      }
      const { reservations } = suite
      const operations: (() => Promise<unknown>)[] = [
        async () => {
          const hold_until = random(3) > 0 ? seconds(30 + random(300)) : undefined
          const chosen = rooms.slice(random(3)).slice(0, 2)
          made.push((await reservations.createReservation({ guest, rooms: chosen, ...dates(), hold_until })).id)
        },
        () => clock.set(seconds(random(120))),
        () => reservations.confirmReservation({ id: any() }),
        () => reservations.updateReservation({ id: any(), ...dates() }),
        () => reservations.updateReservation({ id: any(), rooms: [rooms[random(3)] ?? room] }),
        () => reservations.swapRooms({ reservations: [any(), any()] }),
        () => reservations.deleteReservation({ id: any() }),
        () => reservations.undeleteReservation({ id: any() }),
      ]
      let done = 0
      for (let step = 0; step < 150; step++) {
        await operations[random(step < 10 ? 1 : operations.length)]?.().then(
          () => done++,
          (error: unknown) => expect(error).toBeInstanceOf(RichClientError),
        )
      }
      expect(done).toBeGreaterThan(40)
      await demandViewIsTrue(suite)
      const differences = await suite.sql(
        'reservations',
        `with wanted as (
           select id, unnest(rooms) as room, in_date, greatest(out_date, in_date + 1) as out_date, hold_until
           from reservation where delete_time is null and hotel_id = $1
         ), held as (select holder_id, room_id, in_date, out_date, hold_until from occupancy where hotel_id = $1)
         (table wanted except table held) union all (table held except table wanted)`,
        [suite.hotel],
      )
      expect(differences).toEqual([])
    },
    60_000,
  )
})
