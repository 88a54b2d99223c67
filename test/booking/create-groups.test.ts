import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata, Status } from 'nice-grpc'
import { Client } from 'pg'
import { createClients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber, pick } from '../support/hotel.ts'
import { randomFrom } from '../support/random.ts'
import { haveSerialOrder, type Told } from './serial-order.ts'

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

type Place = {
  readonly hotel: string
  readonly guest: string
  readonly type: string
  readonly rooms: readonly string[]
}

const TONIGHT = { in_date: day(), out_date: day(1) }

function createTonight(instance: number, { guest, rooms }: Place, room: number, options: CallOptions = {}) {
  const caller = instances[instance % 2]
  if (caller === undefined) throw new Error('unreachable: there are two')
  return caller.createReservation({ guest, room: rooms[room] ?? '', ...TONIGHT }, options)
}

async function newHotel(rooms = 3): Promise<Place> {
  const hotel = (await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })).id
  const location = (await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })).id
  const [guest, type] = await Promise.all([
    suite.guests.createGuest({ hotel, first_name: 'Ada' }),
    suite.roomTypes.createRoomType({ hotel, name: 'Double' }),
  ])
  const made = await Promise.all(
    Array.from({ length: rooms }, (_, n) => suite.rooms.createRoom({ location, number: `${n}`, room_type: type.id })),
  )
  return { hotel, guest: guest.id, type: type.id, rooms: made.map(({ id }) => id) }
}

describe('creates that race', () => {
  test('have the outcome of some serial order: named rooms, several rooms, rooms by type, holds, numbers of others; 60 rounds', async () => {
    const random = randomFrom(11)
    const places = await Promise.all([newHotel(), newHotel()])
    for (let round = 0; round < 60; round++) {
      const told = await Promise.all(
        Array.from({ length: 7 }, async (): Promise<Told> => {
          const place = pick(places, random)
          const from = 10 * round + Math.floor(random() * 3)
          const until = from + 1 + Math.floor(random() * 3)
          const count = 1 + Math.floor(random() * 2)
          const rooms = random() < 0.6 ? twoOf(place.rooms, random).slice(0, count) : undefined
          const hold = random() < 0.3 ? { hold_until: new Date(Date.now() + 600_000) } : {}
          const wish = rooms === undefined ? { room_type: place.type, room_count: count } : { rooms }
          const stay = { in_date: day(from), out_date: day(until) }
          const external = random() < 0.5 ? numberOf(`${round}-${Math.floor(random() * 2)}`, random) : {}
          const caller = pick(instances, random)
          const number = 'external_id' in external ? `${place.hotel} ${JSON.stringify(external)}` : undefined
          const asked = { among: place.rooms, rooms, count, from, until, number }
          return caller.createReservation({ guest: place.guest, ...wish, ...stay, ...hold, ...external }).then(
            (made) => {
              expect(made).toMatchObject(external)
              return { ...asked, got: made.rooms }
            },
            (error) => {
              if (error.code === Status.ALREADY_EXISTS) {
                expect(error).toRefuse(Status.ALREADY_EXISTS, 'EXTERNAL_ID_TAKEN', external)
                return { ...asked, got: undefined, isTaken: true }
              }
              const reason = rooms === undefined ? 'NO_ROOM_OF_TYPE_AVAILABLE' : 'ROOM_NOT_AVAILABLE'
              expect(error).toRefuse(Status.FAILED_PRECONDITION, reason)
              return { ...asked, got: undefined }
            },
          )
        }),
      )
      expect(haveSerialOrder(told)).toBe(true)
    }
    await demandViewIsTrue(suite)
  }, 90_000)

  test('of one room: those with the same key are one reservation, those with another are refused', async () => {
    const place = await newHotel()
    const key = (n: number) => ({ metadata: Metadata({ 'idempotency-key': `key-${n}` }) })
    const answers = await Promise.allSettled(
      Array.from({ length: 64 }, (_, n) => createTonight(n, place, 0, key(Math.floor(n / 2) % 4))),
    )
    const made = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []))
    expect(made).toHaveLength(16)
    expect(new Set(made).size).toBe(1)
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(answer.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: place.rooms[0] ?? '' })
  })
})

describe('creates with a number of another system', () => {
  test('go in groups: of equal ones one is made, the others name it, and their neighbours are made', async () => {
    const { guest, rooms } = await newHotel(60)
    const groups = async () => {
      const text = await (await fetch(`http://${suite.stack.metricsAddresses.reservations[0]}/metrics`)).text()
      const value = (name: string) =>
        Number(new RegExp(`^hotel_create_group_members_${name} (\\d+)$`, 'm').exec(text)?.[1])
      return { groups: value('count'), members: value('sum') }
    }
    const create = (n: number, more: object) =>
      instances[0]?.createReservation({ guest, room: rooms[n] ?? '', ...TONIGHT, ...more })
    // What the service has not read of the feeds yet is asked for, and made alone.
    await eventually(async () => {
      const known = await suite.sql<{ n: number }>(
        'reservations',
        'select count(*)::int as n from room where id = any($1)',
        [rooms],
      )
      expect(known).toEqual([{ n: rooms.length }])
    })
    await create(0, {})
    const before = await groups()
    // Each third has a number that the others of its kind have, too.
    const answers = await Promise.allSettled(
      Array.from({ length: 59 }, (_, n) =>
        create(n + 1, n % 3 === 0 ? { external_id: '4711' } : { external_id: `${n}`, source: 'channel' }),
      ),
    )
    const after = await groups()
    expect(after.members - before.members).toBeGreaterThanOrEqual(59)
    expect(after.groups - before.groups).toBeLessThan(45)
    const [winner, ...others] = answers.flatMap((answer) =>
      answer.status === 'fulfilled' && answer.value?.external_id === '4711' ? [answer.value] : [],
    )
    expect(others).toEqual([])
    for (const [n, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') continue
      expect(n % 3).toBe(0)
      const { id: reservation = '' } = winner ?? {}
      expect(answer.reason).toRefuse(Status.ALREADY_EXISTS, 'EXTERNAL_ID_TAKEN', { external_id: '4711', reservation })
    }
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(59 - 20 + 1)
    await demandViewIsTrue(suite)
  })
})

test('what one of a group breaks is its own: the others are made', async () => {
  const { guest, rooms } = await newHotel(12)
  await suite.sql('reservations', `alter table reservation add constraint poison check (note <> 'poison')`)
  try {
    const answers = await Promise.allSettled(
      rooms.map((room, n) =>
        instances[0]?.createReservation({
          guest,
          room,
          in_date: day(),
          out_date: day(1),
          note: n === 5 ? 'poison' : 'fine',
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(rooms.map((_, n) => (n === 5 ? 'rejected' : 'fulfilled')))
  } finally {
    await suite.sql('reservations', 'alter table reservation drop constraint poison')
  }
})

test('a hotel in whose head somebody stands still delays its own creates only; these go on afterwards', async () => {
  const [stuck, free] = await Promise.all([newHotel(40), newHotel(40)])
  // Each instance knows the hotels of these rooms afterwards.
  await Promise.all([0, 1].flatMap((n) => [createTonight(n, stuck, n), createTonight(n, free, n)]))
  await whileHotelLocked(stuck.hotel, async (release) => {
    let done = 0
    const delayed = Array.from({ length: 20 }, (_, n) => createTonight(n, stuck, n + 2).then(() => done++))
    await Promise.all(Array.from({ length: 38 }, (_, n) => createTonight(n, free, n + 2)))
    expect(done).toBe(0)
    await release()
    await Promise.all(delayed)
  })
})

test('a row that somebody holds beside the heads stops the one that needs it; the others of the group are made', async () => {
  const [one, other] = await Promise.all([newHotel(12), newHotel(12)])
  await Promise.all([createTonight(0, one, 0), createTonight(0, other, 0)])
  const lock = new Client({ connectionString: suite.adminUrl('reservations') })
  await lock.connect()
  try {
    // Its nights are another transaction's that has not ended, and does not go by the heads.
    await lock.query('begin')
    await lock.query(
      `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
       values ($1, gen_random_uuid(), $2, $3, $4, 'BLOCK')`,
      [one.hotel, one.rooms[1], TONIGHT.in_date, TONIGHT.out_date],
    )
    const stopped = createTonight(0, one, 1).then(
      () => Status.OK,
      ({ code }) => code,
    )
    const others = Array.from({ length: 10 }, (_, n) => [createTonight(0, one, n + 2), createTonight(0, other, n + 2)])
    await Promise.all(others.flat())
    await lock.query('commit')
    expect([Status.UNAVAILABLE, Status.FAILED_PRECONDITION]).toContain(await stopped)
  } finally {
    await lock.end()
  }
})

test('one that is given up while it waits only leaves: the others are made, and it is made whole or takes nothing', async () => {
  const place = await newHotel(8)
  await createTonight(0, place, 0)
  await whileHotelLocked(place.hotel, async (release) => {
    const giving = new AbortController()
    const others = [createTonight(0, place, 1), createTonight(0, place, 3)]
    const givenUp = createTonight(0, place, 2, { signal: giving.signal })
    giving.abort()
    await expect(givenUp).rejects.toThrow()
    await release()
    await Promise.all(others)
  })
  const [{ legs, made } = { legs: 0, made: 1 }] = await suite.sql<{ legs: number; made: number }>(
    'reservations',
    `select (select count(*)::int from occupancy where room_id = $1) as legs,
       (select count(*)::int from reservation where $1 = any(rooms)) as made`,
    [place.rooms[2]],
  )
  expect(legs).toBe(made)
  await demandViewIsTrue(suite)
})

/** Holds the head of a hotel until `act` is over, or releases it before. */
async function whileHotelLocked(hotel: string, act: (release: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const lock = new Client({ connectionString: suite.adminUrl('reservations') })
  await lock.connect()
  try {
    await lock.query('begin')
    await lock.query('select from feed_head where hotel_id = $1 for update', [hotel])
    await act(() => lock.query('commit'))
  } finally {
    await lock.end()
  }
}

/** A number in another system, or in one without a name. */
function numberOf(external_id: string, random: () => number): { external_id: string; source?: string } {
  return random() < 0.5 ? { external_id } : { external_id, source: 'channel' }
}

function twoOf(rooms: readonly string[], random: () => number): string[] {
  const first = pick(rooms, random)
  const others = rooms.filter((room) => room !== first)
  return [first, pick(others, random)]
}
