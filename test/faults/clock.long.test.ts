import { writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type MovableClock, movableClock } from '../desk/clock.ts'
import type { Clients } from '../harness/clients.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'

// Clocks that are set by hours: that of all that is written, which is the clock of Postgres, and that of one service's machine.
jest.setTimeout(120_000)

const HOUR = 3_600_000
let clock: MovableClock
let suite: Suite
let machine: string
const ended = new AsyncDisposableStack()
beforeAll(async () => {
  clock = ended.use(await movableClock())
  machine = `${clock.file}.machine`
  await writeFile(machine, '0')
  const jumping = {
    NODE_OPTIONS: `--import=${new URL('jumping-clock.mjs', import.meta.url)}`,
    JUMPING_CLOCK_FILE: machine,
  }
  suite = ended.use(
    await startSuite({
      clockFile: clock.file,
      env: { guests: jumping, reservations: { ...jumping, HOLD_SWEEP_SECONDS: '86400' } },
    }),
  )
})
afterEach(() => writeFile(machine, '0'))
afterAll(() => ended.disposeAsync())

async function newHouse() {
  const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: room } = await suite.rooms.createRoom({ location, number: freshNumber() })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  return { hotel, room, guest }
}
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)
/** What the lists of stays say of a hotel. */
const staysOf = async (hotel: string) => {
  const of = async (list: string) => {
    const { json } = await suite.rest('GET', `/reservations/${list}?hotel=${hotel}`)
    return (json.reservations as { reservation: string }[]).map(({ reservation }) => reservation)
  }
  return { current: await of('current'), upcoming: await of('upcoming') }
}
const pids = () => Object.values(suite.stack.services).map(({ instances }) => instances.map(({ pid }) => pid))

test('six hours ahead and back: what has lapsed stays so once the room was given, and the times of a hotel never go back', async () => {
  const [given, left] = [await newHouse(), await newHouse()]
  const stay = ({ guest, room }: typeof given, from: number) => ({
    guest,
    room,
    in_date: day(from),
    out_date: day(from + 1),
  })
  const hold = (house: typeof given, from: number, hours: number) =>
    suite.reservations.createReservation({ ...stay(house, from), hold_until: inHours(hours) })
  const [lapsed, kept] = [await hold(given, 5, 1), await hold(left, 5, 1)]
  await expect(suite.reservations.createReservation(stay(given, 5))).rejects.toMatchObject({
    code: Status.FAILED_PRECONDITION,
  })

  await clock.set(inHours(6))
  await expect(suite.reservations.confirmReservation({ id: lapsed.id })).rejects.toRefuse(
    Status.FAILED_PRECONDITION,
    'HOLD_EXPIRED',
  )
  const second = await suite.reservations.createReservation(stay(given, 5))

  await clock.set(inHours(0))
  // The room is the second one's; in a hotel where nobody has written meanwhile nothing has happened.
  await expect(suite.reservations.confirmReservation({ id: lapsed.id })).rejects.toMatchObject({
    code: Status.FAILED_PRECONDITION,
  })
  await suite.reservations.confirmReservation({ id: kept.id })
  await suite.reservations.updateReservation({ id: second.id, note: 'after' })
  await suite.reservations.createReservation(stay(given, 7))
  // The time of a hotel stands still until the clock has come to it: a hold that would have lapsed by then is refused.
  await expect(hold(given, 9, 1)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD')
  await hold(given, 9, 7)
  await hold(left, 9, 1)
  const wrong = await suite.sql(
    'reservations',
    `select c.seq from change c join change before on before.hotel_id = c.hotel_id and before.seq = c.seq - 1
     where c.time < before.time or (c.id = before.id and c.version <= before.version)`,
  )
  expect(wrong).toEqual([])
  await demandViewIsTrue(suite)
})

test('over midnight and back: the lists of stays say at once what is so by the clock', async () => {
  const { hotel, guest, room } = await newHouse()
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
  const [today, tomorrow] = [
    { current: [], upcoming: [id] },
    { current: [id], upcoming: [] },
  ]
  expect(await staysOf(hotel)).toEqual(today)
  for (let turn = 0; turn < 3; turn++) {
    await clock.set(inHours(24))
    expect(await staysOf(hotel)).toEqual(tomorrow)
    await clock.set(inHours(0))
    expect(await staysOf(hotel)).toEqual(today)
  }
  await demandViewIsTrue(suite)
})

/** Sets the clock of the machines of guests and reservations. */
const setMachine = (hours: number) => writeFile(machine, String(hours * 3_600))

test('a machine two days ahead accepts no token that is over there, and works by that of Postgres otherwise', async () => {
  const before = pids()
  const { hotel, guest, room } = await newHouse()
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  const { id: idle } = await suite.rooms.createRoom({ number: freshNumber() })
  const stays = await staysOf(hotel)
  const lasting = suite.clientsWith(await suite.token({ ttlSeconds: 30 * 24 * 3_600 })).gateway
  await setMachine(48)
  await expect(suite.gateway.reservations.getReservation({ id })).rejects.toRefuse(
    Status.UNAUTHENTICATED,
    'UNAUTHENTICATED',
  )
  await expect(suite.rooms.deleteRoom({ id: idle })).rejects.toMatchObject({ code: Status.UNAVAILABLE })
  await worksByPostgres(lasting, 2, room, guest)
  await setMachine(0)
  await eventually(() => suite.gateway.reservations.getReservation({ id }))
  // Reservations' own token was over for guests, too.
  await isFollowed(2, guest)
  await eventually(() => suite.rooms.deleteRoom({ id: idle }))
  expect(await staysOf(hotel)).toMatchObject({ current: stays.current })
  expect(pids()).toEqual(before)
})

test('a machine two days behind works by the clock of Postgres', async () => {
  const { room, guest } = await newHouse()
  await setMachine(-48)
  await worksByPostgres(suite.gateway, 2, room, guest)
  await isFollowed(2, guest)
  await setMachine(0)
  await worksByPostgres(suite.gateway, 4, room, guest)
  await isFollowed(4, guest)
})

/** What is written has the time of Postgres, and holds are counted by it. */
async function worksByPostgres(clients: Clients, from: number, room: string, guest: string): Promise<void> {
  const stay = { guest, room, in_date: day(from), out_date: day(from + 1) }
  const made = await clients.reservations.createReservation({ ...stay, hold_until: inHours(1) })
  expect(Math.abs(Number(made.create_time) - Date.now())).toBeLessThan(HOUR)
  await expect(
    clients.reservations.createReservation({
      ...stay,
      in_date: day(from + 1),
      out_date: day(from + 2),
      hold_until: inHours(-1),
    }),
  ).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD')
  await clients.reservations.confirmReservation({ id: made.id })
  await clients.guests.updateGuest({ id: guest, first_name: nameOf(from) })
}

const nameOf = (from: number) => `Ada ${from}`
/** What the last one has changed is known to reservations. */
const isFollowed = (from: number, guest: string) =>
  eventually(async () => {
    const rows = await suite.sql('reservations', 'select first_name from guest where id = $1', [guest])
    expect(rows).toEqual([{ first_name: nameOf(from) }])
  })
