import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Reservation_Status as Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { demandViewIsTrue, eventually } from '../support/hotel.ts'
import { csv, folderWith, run } from './transfer-runs.ts'

// Each import and export is a program of its own.
jest.setTimeout(120_000)

const FILES = [
  'hotels',
  'locations',
  'room_types',
  'rooms',
  'employees',
  'guests',
  'reservations',
  'room_blocks',
] as const

const ZONE = 'Europe/Zurich'
/** Today there, or a day some days from it. */
const day = (offset = 0) => Temporal.Now.plainDateISO(ZONE).add({ days: offset }).toString()

/** A hotel with something of everything, deleted ones too, made by the API. */
async function furnish(suite: Suite): Promise<void> {
  await suite.locations.updateLocation({
    id: DEFAULT_LOCATION,
    name: 'Head',
    time_zone: ZONE,
    country_code: 'CH',
  })
  const other = await suite.hotels.createHotel({ name: 'Other' })
  const annex = await suite.locations.createLocation({ hotel: other.id, name: 'Annex', time_zone: 'Pacific/Auckland' })
  const double = await suite.roomTypes.createRoomType({
    name: 'Double',
    description: 'two\nbeds; "soft"',
    max_guests: 2,
  })
  const room = async (number: string, fields = {}) => (await suite.rooms.createRoom({ number, ...fields })).id
  const [a, b, c, gone] = [
    await room('101', { room_type: double.id }),
    await room('102'),
    await room('=103'),
    await room('104'),
  ]
  const far = await room('101', { location: annex.id })
  await suite.employees.createEmployee({ first_name: 'Emma', email: 'emma@example.org', role: Role.MANAGER })
  const ada = await suite.guests.createGuest({
    first_name: "'=Ada",
    last_name: '+Lovelace, "Countess"',
    phone: '+41446681800',
  })
  const left = await suite.guests.createGuest({ first_name: 'Left' })
  const abroad = await suite.guests.createGuest({ first_name: 'Abroad', hotel: other.id, email: 'abroad@example.org' })
  const guest = ada.id
  const reserve = async (fields: object) => (await suite.reservations.createReservation({ guest, ...fields })).id
  const update = (id: string, fields: object) => suite.reservations.updateReservation({ id, ...fields })

  await reserve({ rooms: [b, a], in_date: day(10), out_date: day(12), note: 'line\nbreak, "quoted"' })
  const moved = await reserve({ room: a, in_date: day(-3), out_date: day(4) })
  await update(moved, { status: Status.CHECKED_IN })
  // From tonight on in another room, whose nights before somebody else had.
  const before = await reserve({ room: b, in_date: day(-3), out_date: day(-1), guest: left.id })
  await update(before, { status: Status.CHECKED_IN })
  await update(before, { status: Status.CHECKED_OUT })
  await update(moved, { rooms: [b] })
  const early = await reserve({ room: c, in_date: day(-2), out_date: day(5) })
  await update(early, { status: Status.CHECKED_IN })
  await update(early, { status: Status.CHECKED_OUT, out_date: day() })
  const used = await reserve({ room: c, in_date: day(), out_date: day(), note: 'day use' })
  await update(used, { status: Status.CHECKED_IN })
  await update(used, { status: Status.CHECKED_OUT })
  await suite.reservations.deleteReservation({
    id: await reserve({ room: c, in_date: day(20), out_date: day(21) }),
    reason: 'ill',
  })
  await reserve({ room: c, in_date: day(30), out_date: day(31), hold_until: new Date(Date.now() + 3_600_000) })
  await suite.reservations.createReservation({ guest: abroad.id, room: far, in_date: day(1), out_date: day(367) })
  await suite.blocks.createRoomBlock({ room: a, in_date: day(40), out_date: day(50), reason: 'paint' })
  const block = await suite.blocks.createRoomBlock({ room: a, in_date: day(60), out_date: day(70) })
  await suite.blocks.deleteRoomBlock({ id: block.id })
  await suite.guests.deleteGuest({ id: left.id })
  await suite.rooms.deleteRoom({ id: gone })
}

/** All that lists say, without the fields that an import cannot keep. */
async function listed(suite: Suite): Promise<unknown> {
  const all = { show_deleted: true }
  const lists = await Promise.all([
    suite.hotels.listHotels(all),
    suite.locations.listLocations(all),
    suite.roomTypes.listRoomTypes(all),
    suite.rooms.listRooms(all),
    suite.employees.listEmployees(all),
    suite.guests.listGuests(all),
    suite.reservations.listReservations(all),
    suite.blocks.listRoomBlocks(all),
  ])
  const stays = await suite.reservations.listCurrentAndUpcoming({})
  const kept = (_: string, value: unknown) => {
    const { etag, update_time, ...rest } = Object(value) as Record<string, unknown>
    return etag === undefined ? value : rest
  }
  return JSON.parse(JSON.stringify([...lists, stays], kept))
}

const nights = (suite: Suite) =>
  suite.sql(
    'reservations',
    `select room_id, in_date::text, out_date::text, holder, holder_id, hold_until from occupancy
     where holder <> 'RETIRED' order by room_id, in_date`,
  )

test('an export is imported into an empty suite: equal lists, equal nights, equal files', async () => {
  await using folder = await folderWith({})
  const from = path.join(folder.path, 'from')
  let first: unknown
  let held: unknown[] = []
  {
    await using suite = await startSuite({ gateway: false, redis: false })
    await furnish(suite)
    const exported = await run(suite, 'export', folder.path, 'from')
    expect([exported.code, exported.output]).toEqual([0, expect.stringContaining(`All is in ${from}`)])
    const twice = await run(suite, 'export', folder.path, 'from')
    expect([twice.code, twice.output]).toEqual([1, expect.stringContaining('is not empty')])
    first = await listed(suite)
    held = await nights(suite)
  }
  expect(held.length).toBeGreaterThan(8)
  // No cell is a formula to a spreadsheet.
  expect((await csv(from, 'guests.csv'))?.map(({ first_name, last_name }) => [first_name, last_name])).toContainEqual([
    "''=Ada",
    `'+Lovelace, "Countess"`,
  ])

  await using suite = await startSuite({ gateway: false, redis: false })
  const imported = await run(suite, 'import', folder.path, 'from')
  expect(imported).toEqual({ code: 0, signal: null, output: expect.not.stringMatching(/[1-9]\d* refused/) })
  await eventually(async () => expect(await listed(suite)).toEqual(first))
  expect(await nights(suite)).toEqual(held)
  await demandViewIsTrue(suite)

  const again = await run(suite, 'import', folder.path, 'from')
  expect(again).toEqual({ code: 0, signal: null, output: expect.not.stringMatching(/[1-9]\d* (imported|refused)/) })
  await run(suite, 'export', folder.path, 'to')
  for (const name of FILES) {
    const [was, is] = await Promise.all(
      ['from', 'to'].map((of) => readFile(path.join(folder.path, of, `${name}.csv`), 'utf8')),
    )
    expect([name, is]).toEqual([name, was])
  }
})
