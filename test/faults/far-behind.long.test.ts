import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { feedGauge, healthOf } from '../feeds/feeds.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { endsOf } from '../support/ends.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'
import { openProxy, type TcpProxy } from '../torture/nemesis/proxy.ts'

// The copies of guests and rooms in reservations are behind by all that a hotel changes in hours.
jest.setTimeout(180_000)

const GUESTS = 10_000
let suite: Suite
let ways: Record<'guests' | 'rooms', TcpProxy>
const ended = new AsyncDisposableStack()
beforeAll(async () => {
  ways = { guests: ended.use(await openProxy()), rooms: ended.use(await openProxy()) }
  const through = (way: TcpProxy, address = '') => {
    const [host = '', port] = address.split(':')
    way.to(host, Number(port))
    return `127.0.0.1:${way.port}`
  }
  suite = ended.use(
    await startSuite({
      redis: false,
      env: {
        reservations: (_, given) => ({
          GUESTS_ADDRESS: through(ways.guests, given.GUESTS_ADDRESS),
          ROOMS_ADDRESS: through(ways.rooms, given.ROOMS_ADDRESS),
        }),
      },
    }),
  )
})
afterAll(() => ended.disposeAsync())

async function newHouse() {
  const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: type } = await suite.roomTypes.createRoomType({ hotel, name: 'Double' })
  const rooms: string[] = []
  for (let n = 0; n < 3; n++) rooms.push(await newRoom(location, type))
  const guest = await newGuest(hotel)
  const [first = '', second = '', gone = ''] = rooms
  return { hotel, location, type, guest, first, second, gone }
}
const newRoom = async (location: string, room_type: string) =>
  (await suite.rooms.createRoom({ location, number: freshNumber(), room_type })).id
const newGuest = async (hotel: string) => (await suite.guests.createGuest({ hotel, first_name: 'Ada' })).id

/** All that a hotel's desks do in hours, written past the service: many new guests, each changed once more. */
async function writeMuch(hotel: string): Promise<void> {
  // The planner knows of few changes while many are read.
  await suite.sql('guests', 'analyze change')
  await suite.sql(
    'guests',
    `with written as materialized (select begin_write($1, '0') as now)
     insert into guest (hotel_id, id, first_name, create_time, update_time, updated_by)
     select $1, uuidv7(), 'Guest ' || n, now, now, 'desk' from written, generate_series(1, $2) n`,
    [hotel, GUESTS],
  )
  await suite.sql(
    'guests',
    `with written as materialized (select begin_write($1, '0') as now)
     update guest set first_name = 'Renamed', version = version + 1, update_time = now, updated_by = 'desk'
     from written where hotel_id = $1`,
    [hotel],
  )
  // The service tells of its own writes at once, and sees others by polling.
  await newGuest(hotel)
}

/** Nothing is missing in the copies, and the service says so. */
async function isLevel(hotel: string): Promise<void> {
  await eventually(async () => {
    for (const feed of ['guests', 'rooms'] as const) {
      expect(await feedGauge(suite, 'hotel_feed_lag_changes', feed)).toBe(0)
      expect(await feedGauge(suite, 'hotel_feed_hotels_set_aside', feed)).toBe(0)
      expect(await feedGauge(suite, 'hotel_replica_age_seconds', feed)).toBeLessThan(6)
    }
    const count = 'select count(*)::int as n, count(distinct first_name)::int as names from guest where hotel_id = $1'
    expect(await suite.sql('reservations', count, [hotel])).toEqual(await suite.sql('guests', count, [hotel]))
  }, 90_000)
  await demandViewIsTrue(suite)
}

const stay = (guest: string, room: string, from: number) => ({
  guest,
  room,
  in_date: day(from),
  out_date: day(from + 1),
})
const book = (guest: string, room: string, from = 1) =>
  suite.gateway.reservations.createReservation(stay(guest, room, from))
const ofType = (guest: string, room_type: string) =>
  suite.gateway.reservations.createReservation({ guest, room_type, in_date: day(1), out_date: day(2) })
const unknown = [Status.INVALID_ARGUMENT, 'INVALID_FIELD'] as const
/** By what is known, or as nobody can say now. */
const isNotSold = async (booking: Promise<unknown>) => {
  const error: unknown = await booking.then(
    () => undefined,
    (refused) => refused,
  )
  expect([Status.FAILED_PRECONDITION, Status.INVALID_ARGUMENT, Status.UNAVAILABLE]).toContain(
    (error as { code?: Status } | undefined)?.code,
  )
}

test('cut off from both feeds it books what it knows and nothing that is gone, says how old its copies are, and catches up', async () => {
  const { hotel, location, type, guest, first, second, gone } = await newHouse()
  const leaving = await newGuest(hotel)
  await isLevel(hotel)
  for (const way of Object.values(ways)) way.cut()

  await writeMuch(hotel)
  await suite.rooms.deleteRoom({ id: gone })
  await suite.guests.deleteGuest({ id: leaving })
  const [added, arrived] = [await newRoom(location, type), await newGuest(hotel)]

  await eventually(async () => {
    for (const feed of ['guests', 'rooms'] as const)
      expect(await feedGauge(suite, 'hotel_replica_age_seconds', feed)).toBeGreaterThan(6)
  }, 30_000)
  expect(await healthOf(suite, '')).toBe(1)
  // What was deleted meanwhile is not sold, though no feed has told of it.
  await isNotSold(book(guest, gone))
  await isNotSold(book(leaving, first))
  const taken = [await ofType(guest, type), await ofType(guest, type)].map(({ rooms: [room] }) => room)
  expect(taken.sort()).toEqual([first, second].sort())
  // Whether there is another one nobody can say now.
  expect(await endsOf([() => ofType(guest, type), () => book(arrived, first, 3), () => book(guest, added, 3)])).toEqual(
    ['UNAVAILABLE with RetryInfo'],
  )

  for (const way of Object.values(ways)) way.heal()
  await isLevel(hotel)
  await expect(book(guest, gone, 5)).rejects.toRefuse(...unknown)
  await expect(book(leaving, first, 5)).rejects.toRefuse(...unknown)
  expect((await ofType(arrived, type)).rooms).toEqual([added])
})

test('stopped for as long, it serves again when it has caught up, and not before', async () => {
  const { hotel, type, location, guest, first, gone } = await newHouse()
  await isLevel(hotel)
  await suite.stack.services.reservations.kill()
  await writeMuch(hotel)
  // Whether a room may go, only reservations can say.
  await expect(suite.rooms.deleteRoom({ id: gone })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE')
  await suite.rooms.updateRoom({ id: first, number: freshNumber() })
  const added = await newRoom(location, type)
  await suite.stack.services.reservations.start()
  // Its start has waited for both feeds.
  const [{ n } = { n: 0 }] = await suite.sql<{ n: number }>(
    'reservations',
    `select count(*)::int as n from guest where hotel_id = $1 and first_name = 'Renamed'`,
    [hotel],
  )
  expect(n).toBe(GUESTS + 1)
  await isLevel(hotel)
  // What was asked of rooms meanwhile is finished by itself.
  await eventually(async () => {
    const { delete_time } = await suite.rooms.getRoom({ id: gone })
    expect(delete_time).toBeInstanceOf(Date)
  }, 30_000)
  await expect(book(guest, gone)).rejects.toRefuse(...unknown)
  await book(guest, added)
})
