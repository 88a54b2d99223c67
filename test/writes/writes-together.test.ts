import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata, Status } from 'nice-grpc'
import { Client } from 'pg'
import { createClients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, freshNumber, pick } from '../support/hotel.ts'
import { noneWaiting, waiting } from '../support/locks.ts'
import { randomFrom } from '../support/random.ts'
import { type Asked, isFree, type Stay, serialMoves } from './serial-moves.ts'

let suite: Suite
/** The two instances of the reservations service. */
let instances: readonly Suite['reservations'][]
const closing = new AsyncDisposableStack()
beforeAll(async () => {
  suite = closing.use(await sharedSuite({ replicas: 2, hotels: 'every' }))
  instances = suite.stack.addresses.reservations.map((reservations) => {
    const { clients, close } = createClients({ guests: '', rooms: '', reservations }, suite.testerToken)
    closing.defer(close)
    return clients.reservations
  })
})
afterAll(() => closing.disposeAsync())

type FullHotel = { readonly hotel: string; readonly guest: string; readonly rooms: readonly string[] }

async function newHouse(rooms: number): Promise<FullHotel> {
  const hotel = (await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })).id
  const location = (await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })).id
  const guest = (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id
  const made = await Promise.all(
    Array.from({ length: rooms }, (_, n) => suite.rooms.createRoom({ location, number: `${n}` })),
  )
  return { hotel, guest, rooms: made.map(({ id }) => id) }
}

/** A reservation of each of these rooms. */
async function fullHouse(rooms: number): Promise<FullHotel & { readonly stays: readonly string[] }> {
  const house = await newHouse(rooms)
  const dates = { in_date: day(1), out_date: day(3) }
  const made = await Promise.all(
    house.rooms.map((room) => suite.reservations.createReservation({ guest: house.guest, room, ...dates })),
  )
  return { ...house, stays: made.map(({ id }) => id) }
}

const keyed = (key: string): CallOptions => ({ metadata: Metadata({ 'idempotency-key': key }) })
const note = (id: string | undefined, note: string, options: CallOptions = {}) =>
  first().updateReservation({ id: id ?? '', note }, options)
const move = (id: string | undefined, room: string | undefined) =>
  first().updateReservation({ id: id ?? '', room: room ?? '' })

function first(): Suite['reservations'] {
  const [instance] = instances
  if (instance === undefined) throw new Error('unreachable: there are two')
  return instance
}

/** Holds the head of a hotel until all of these calls wait for it, one at the head and the others in line; gives how they ended. */
async function queued<T>(hotel: string, calls: () => readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  const lock = new Client({ connectionString: suite.adminUrl('reservations') })
  await lock.connect()
  try {
    await lock.query('begin')
    await lock.query('select from feed_head where hotel_id = $1 for update', [hotel])
    const ended = Promise.allSettled(calls())
    await waiting(suite, 'reservations', 'Lock')
    // A read that comes behind them all: they are in line by then.
    await first().listReservations({ hotel, page_size: 1 })
    await lock.query('commit')
    return await ended
  } finally {
    await lock.end()
  }
}

const statuses = (ended: readonly PromiseSettledResult<unknown>[]) => ended.map(({ status }) => status)

/** How many changes of a hotel each transaction has made, from this version of the rows on. */
async function transactions(hotel: string, version = 2): Promise<number[]> {
  const rows = await suite.sql<{ changes: number }>(
    'reservations',
    'select count(*)::int as changes from change where hotel_id = $1 and version >= $2 group by xmin order by 1',
    [hotel, version],
  )
  return rows.map(({ changes }) => changes)
}

describe('writes of a hotel that wait together', () => {
  test('share a transaction; a refused one takes no neighbour along, and each has a change of its own', async () => {
    const { hotel, stays, rooms } = await fullHouse(12)
    const ended = await queued(hotel, () =>
      stays.map((id, n) => (n % 3 === 2 ? move(id, rooms[(n + 1) % 12]) : note(id, `note ${n}`))),
    )
    expect(statuses(ended)).toEqual(stays.map((_, n) => (n % 3 === 2 ? 'rejected' : 'fulfilled')))
    for (const end of ended)
      if (end.status === 'rejected') expect(end.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    const counts = await transactions(hotel)
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(8)
    expect(Math.max(...counts)).toBeGreaterThanOrEqual(5)
    const seqs = await suite.sql<{ seq: string }>(
      'reservations',
      'select seq from change where hotel_id = $1 order by seq',
      [hotel],
    )
    expect(seqs.map(({ seq }) => Number(seq))).toEqual(seqs.map((_, n) => n + 1))
    await demandViewIsTrue(suite)
  })

  test('with equal keys: one effect, the same answer; the same key with another request is refused', async () => {
    const { hotel, stays } = await fullHouse(6)
    const ended = await queued(hotel, () =>
      stays.flatMap((id, n) => [
        note(id, 'one', keyed(`pair-${n}`)),
        note(id, 'one', keyed(`pair-${n}`)),
        note(id, 'other', keyed(`pair-${n}`)),
      ]),
    )
    for (const [n, id] of stays.entries()) {
      const [one, again, other] = ended.slice(3 * n, 3 * n + 3)
      // Whichever came first is what the key stands for.
      const made = [one, again, other].flatMap((end) => (end?.status === 'fulfilled' ? [end.value] : []))
      expect(new Set(made.map(({ etag }) => etag)).size).toBe(1)
      expect([1, 2]).toContain(made.length)
      expect((await suite.reservations.getReservation({ id })).etag).toBe('"2"')
      const again3 = await note(id, made[0]?.note ?? '', keyed(`pair-${n}`))
      expect(again3).toEqual(made[0])
    }
  })

  test('what one of them breaks is its own: each of the others is made', async () => {
    const { hotel, stays } = await fullHouse(10)
    await suite.sql('reservations', `alter table reservation add constraint poison check (note <> 'poison')`)
    try {
      const ended = await queued(hotel, () => stays.map((id, n) => note(id, n === 4 ? 'poison' : 'fine')))
      expect(statuses(ended)).toEqual(stays.map((_, n) => (n === 4 ? 'rejected' : 'fulfilled')))
      expect(ended[4]).toMatchObject({ reason: { code: Status.INTERNAL } })
    } finally {
      await suite.sql('reservations', 'alter table reservation drop constraint poison')
    }
    const rows = await suite.sql<{ note: string | null }>(
      'reservations',
      'select note from reservation where hotel_id = $1 order by array_position($2::uuid[], id)',
      [hotel, stays],
    )
    expect(rows.map((row) => row.note)).toEqual(stays.map((_, n) => (n === 4 ? null : 'fine')))
  })

  test('a row that somebody holds beside the heads stops the one that needs it; the others are made', async () => {
    const { hotel, stays } = await fullHouse(8)
    const lock = new Client({ connectionString: suite.adminUrl('reservations') })
    await lock.connect()
    try {
      await lock.query('begin')
      await lock.query('select from reservation where id = $1 for update', [stays[3]])
      const ended = await queued(hotel, () => stays.map((id) => note(id, 'made')))
      expect(statuses(ended)).toEqual(stays.map((_, n) => (n === 3 ? 'rejected' : 'fulfilled')))
      expect(ended[3]).toMatchObject({ reason: { code: Status.UNAVAILABLE } })
      await lock.query('rollback')
    } finally {
      await lock.end()
    }
    expect(await note(stays[3], 'made later')).toMatchObject({ note: 'made later' })
  })

  test('one that is given up leaves the others: they are made, and it is made whole or not at all', async () => {
    const { hotel, stays, rooms } = await fullHouse(8)
    const giving = new AbortController()
    const ended = await queued(hotel, () => {
      const calls = stays.map((id, n) =>
        n === 5
          ? first().deleteReservation({ id }, { signal: giving.signal })
          : note(id, 'made', n === 6 ? { signal: giving.signal } : {}),
      )
      setImmediate(() => giving.abort())
      return calls
    })
    expect(statuses(ended).filter((_, n) => n !== 5 && n !== 6)).toEqual(Array(6).fill('fulfilled'))
    await noneWaiting(suite, 'reservations')
    const [left] = await suite.sql<{ legs: number; live: number }>(
      'reservations',
      `select (select count(*)::int from occupancy where room_id = $1) as legs,
         (select count(*)::int from reservation where id = $2 and delete_time is null) as live`,
      [rooms[5], stays[5]],
    )
    expect(left?.legs).toBe(left?.live)
    await demandViewIsTrue(suite)
  })

  test('guests and rooms too: numbers that are taken are refused, the others are made', async () => {
    const { hotel } = await newHouse(1)
    const [location] = (await suite.locations.listLocations({ hotel })).locations
    const numbers = ['7', '8', '7', '9', '8', '10', '0']
    const ended = await Promise.allSettled(
      numbers.map((number) => suite.rooms.createRoom({ location: location?.id ?? '', number })),
    )
    const made = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value.number] : []))
    expect(made.toSorted()).toEqual(['10', '7', '8', '9'])
    for (const end of ended)
      if (end.status === 'rejected') expect(end.reason).toRefuse(Status.ALREADY_EXISTS, 'ROOM_NUMBER_TAKEN')
    const guests = await Promise.all(
      Array.from({ length: 20 }, (_, n) => suite.guests.createGuest({ hotel, first_name: `Guest ${n}` })),
    )
    expect(new Set(guests.map(({ id }) => id)).size).toBe(20)
  })
})

test('moves, cancellations and restorations that race through two instances have a serial order, which the feed tells', async () => {
  const random = randomFrom(5)
  const house = await newHouse(3)
  const stays = new Map<string, Stay>()
  for (const room of house.rooms)
    for (const from of [1, 4]) {
      const dates = { in_date: day(from), out_date: day(from + 2) }
      const { id } = await suite.reservations.createReservation({ guest: house.guest, room, ...dates })
      stays.set(id, { room, from, until: from + 2 })
    }
  const before = await lastSeq(house.hotel)
  let known = before
  for (let round = 0; round < 40; round++) {
    const asked = await Promise.all(
      [...stays].map(async ([id, stay]): Promise<Asked> => {
        const caller = pick(instances, random)
        const [room, from] = [pick(house.rooms, random), 1 + Math.floor(random() * 5)]
        const to = stay !== undefined && random() < 0.25 ? undefined : { room, from, until: from + 1 + (round % 3) }
        const wanted = stay === undefined ? lastStay.get(id) : to
        const call =
          stay === undefined
            ? caller.undeleteReservation({ id })
            : to === undefined
              ? caller.deleteReservation({ id })
              : caller.updateReservation({ id, room, in_date: day(to.from), out_date: day(to.until) })
        if (stay !== undefined) lastStay.set(id, stay)
        return call.then(
          () => ({ id, to: wanted, isMade: true }),
          (error) => {
            expect(error).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
            return { id, to: wanted, isMade: false }
          },
        )
      }),
    )
    expect(serialMoves(stays, asked)).toBeDefined()
    known = await demandFeedIsSerial(house.hotel, known, new Map(stays), asked)
    for (const { id, to, isMade } of asked) if (isMade) stays.set(id, to)
  }
  expect(known).toBeGreaterThan(before)
  await demandViewIsTrue(suite)
}, 120_000)

/** Where those that are cancelled were. */
const lastStay = new Map<string, Stay>()

/** Throws unless what was made is free, one after another, in the order of the feed; gives its last number. */
async function demandFeedIsSerial(
  hotel: string,
  since: number,
  stays: Map<string, Stay>,
  asked: readonly Asked[],
): Promise<number> {
  const changes = await suite.sql<{ id: string; seq: string }>(
    'reservations',
    'select id, seq from change where hotel_id = $1 and seq > $2 order by seq',
    [hotel, since],
  )
  for (const { id } of changes) {
    const made = asked.find((each) => each.id === id && each.isMade)
    expect(made).toBeDefined()
    expect(isFree(stays, { id, to: made?.to })).toBe(true)
    stays.set(id, made?.to)
  }
  return Number(changes.at(-1)?.seq ?? since)
}

async function lastSeq(hotel: string): Promise<number> {
  const [head] = await suite.sql<{ seq: string }>('reservations', 'select seq from feed_head where hotel_id = $1', [
    hotel,
  ])
  return Number(head?.seq ?? 0)
}

test('two instances that write the same reservations of a hotel never deadlock', async () => {
  const { hotel, stays, rooms } = await fullHouse(6)
  const deadlocks = async () =>
    Number(
      (
        await suite.sql<{ deadlocks: string }>(
          'reservations',
          'select deadlocks from pg_stat_database where datname = current_database()',
        )
      )[0]?.deadlocks,
    )
  const before = await deadlocks()
  const random = randomFrom(3)
  for (let round = 0; round < 15; round++) {
    const ended = await Promise.allSettled(
      Array.from({ length: 24 }, (_, n) => {
        const caller = instances[n % 2] ?? first()
        const [id, other] = [pick(stays, random), pick(stays, random)]
        if (n % 4 === 0 && id !== other) return caller.swapRooms({ reservations: [id, other] })
        if (n % 4 === 1) return caller.updateReservation({ id, room: pick(rooms, random) })
        return caller.updateReservation({ id, note: `${round} ${n}` })
      }),
    )
    for (const end of ended)
      if (end.status === 'rejected') expect(end.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
  }
  expect(await deadlocks()).toBe(before)
  const held = await suite.sql<{ legs: number }>(
    'reservations',
    'select count(*)::int as legs from occupancy where hotel_id = $1',
    [hotel],
  )
  expect(held[0]?.legs).toBe(stays.length)
  await demandViewIsTrue(suite)
}, 120_000)
