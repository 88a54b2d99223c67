import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber } from '../support/hotel.ts'
import { folderWith, lines, run, start } from './transfer-runs.ts'
import { transfers } from './transfers.ts'

// Each import is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** How much the services have stored: each write is a change, each id of an import and each hotel is noted. */
async function stored(): Promise<unknown[]> {
  const text = `select (select count(*) from change)::int as changes, (select count(*) from imported_id)::int as ids,
    (select count(*) from feed_head)::int as hotels`
  return Promise.all(serviceNames.map((service) => suite.sql(service, text)))
}

const hotel = `Dry ${freshNumber()}`
const room = freshNumber()
const guest = `guest ${freshNumber()} `
const repeat = (line: (n: number) => string) => Array.from({ length: 600 }, (_, n) => line(n))

/** Files of a new hotel and of the default one, with lines that are refused for all that lines are; more than a batch of some. */
const HOUSE = {
  'hotels.csv': lines('name', hotel, hotel),
  'locations.csv': lines(
    'hotel,name,time_zone',
    `${hotel.toLowerCase()},Main,Europe/Zurich`,
    `${hotel},Other,Mars/Base`,
  ),
  'room_types.csv': lines('hotel,name,max_guests', `${hotel.toUpperCase()},Double,2`, `${hotel},Suite,two`),
  'rooms.csv': lines(
    'hotel,location,number,room_type',
    `${hotel},Main,1,double`,
    `${hotel},Main,2,`,
    `${hotel},Main,3,Castle`,
    `,,${room},`,
  ),
  'guests.csv': lines(
    'key,hotel,first_name,email,delete_time',
    `a,${hotel},Ada,,`,
    `b,${hotel},Bo,none,`,
    `c,${hotel},Cy,,${day(-1)}T00:00:00Z`,
    `${guest},,Di,,`,
    `${guest},,Other,,`,
    ...repeat((n) => `${guest}${n},,N,,`),
    `${guest},,Di,,`,
    `${guest},,Later,,`,
  ),
  'reservations.csv': lines(
    'key,hotel,guest,room,in_date,out_date',
    `1,${hotel},a,1,${day(1)},${day(3)}`,
    `2,${hotel},a,1,${day(2)},${day(4)}`,
    `3,${hotel},b,2,${day(1)},${day(2)}`,
    `4,${hotel},c,2,${day(1)},${day(2)}`,
    `${room}5,,${guest},${room},${day(1)},${day(1)}`,
    `${room}6,,${guest},2${room},${day(1)},${day(1)}`,
    `${room}7,,${guest},${room},${day(2)},${day(1)}`,
    ...repeat((n) => `${room}n${n},,${guest}${n},${room},${day(n + 10)},${day(n + 11)}`),
    `8,${hotel},a,1,${day(2)},${day(4)}`,
    `${room}9,,${guest},${room},${day(100)},${day(101)}`,
    `${room}10,,${guest},${room},${day(2)},${day(3)}`,
    `${room}5,,${guest},${room},${day(1)},${day(1)}`,
  ),
  'room_blocks.csv': lines(
    'hotel,location,room,in_date,out_date',
    `${hotel},Main,1,${day(0)},${day(9)}`,
    `${hotel},Main,2,${day(0)},${day(9)}`,
    `,,${room},${day(0)},${day(2)}`,
  ),
}

describe('a dry run', () => {
  test('reports of each line what the import then does, and stores nothing', async () => {
    await using folder = await folderWith(HOUSE)
    const names = Object.keys(HOUSE)
    const before = await stored()
    const dry = await run(suite, 'import', folder.path, '--dry-run', ...names)
    expect(await stored()).toEqual(before)
    const reported = await reports(folder.path)
    const real = await run(suite, 'import', folder.path, ...names)
    expect([dry.code, counts(dry.output)]).toEqual([2, counts(real.output)])
    expect(counts(real.output)).toContain('reservations.csv: 603 imported, 1 already there, 7 refused')
    expect(reported).toEqual(await reports(folder.path))
    expect(dry.output).toContain('This was a dry run: nothing is stored.')

    // All is as it was.
    const again = await run(suite, 'import', folder.path, '--dry-run', ...names)
    expect(again.output).toContain('reservations.csv: 0 imported, 604 already there, 7 refused')
  })

  test('of sound files ends with 0', async () => {
    await using folder = await folderWith({ 'guests.csv': lines('key,first_name', `${guest}sound,Sound`) })
    expect(await run(suite, 'import', folder.path, '--dry-run', 'guests.csv')).toMatchObject({ code: 0 })
  })
})

function counts(output: string): string[] {
  return output.match(/^\w+\.csv: .* refused/gm) ?? []
}

/** The reports without their sentences, which name what is in the way otherwise. */
async function reports(folder: string): Promise<string[][]> {
  const texts = Object.keys(HOUSE).map((name) =>
    readFile(path.join(folder, name.replace('.csv', '.refused.csv')), 'utf8').catch(() => ''),
  )
  return (await Promise.all(texts)).map((text) => text.match(/^\d+,[A-Z_]+,\w*/gm) ?? [])
}

test('an import that is interrupted says how much it has stored, and that is what is there', async () => {
  const name = `Stopped ${freshNumber()}`
  const guests = Array.from({ length: 20_000 }, (_, n) => `${name}${n},${name},${n}`)
  await using folder = await folderWith({ 'guests.csv': lines('key,first_name,last_name', ...guests) })
  const running = start(suite, 'import', folder.path, 'guests.csv')
  const there = async () => {
    const text = 'select count(*)::int as count from guest where first_name = $1'
    return (await suite.sql<{ count: number }>('guests', text, [name]))[0]?.count ?? 0
  }
  while ((await there()) === 0);
  running.interrupt()
  const { code, output } = await running.ended
  const [, told = ''] = /^guests.csv: ([\d,]+) imported, .*; stopped before its end$/m.exec(output) ?? []
  expect([code, Number(told.replace(',', ''))]).toEqual([1, await there()])
  expect(output).toContain('Stopped. Stored lines stay: run the same command again to continue.')
  const again = await run(suite, 'import', folder.path, 'guests.csv')
  expect([again.code, again.output]).toEqual([0, expect.stringContaining(`${told} already there, 0 refused`)])
})

describe('a batch that is only validated', () => {
  const guestOf = (hotel: string) => ({ guests: [{ id: randomUUID(), hotel, first_name: 'Ada' }] })
  const refused = expect.objectContaining({ code: Status.INVALID_ARGUMENT })

  test('is not there afterwards', async () => {
    using guests = transfers(suite, 'guests')
    const batch = guestOf(suite.hotel)
    for (const validate_only of [true, true, false])
      expect((await guests.import(batch, { validate_only })).outcomes).toEqual([
        expect.objectContaining({ kind: Kind.CREATED }),
      ])
    expect((await guests.import(batch, { validate_only: true })).outcomes).toEqual([
      expect.objectContaining({ kind: Kind.ALREADY_THERE }),
    ])
  })

  test('may assume what is not there; one that is stored may not', async () => {
    using guests = transfers(suite, 'guests')
    const id = randomUUID()
    const assumed = { hotels: [{ id, name: 'Assumed' }] }
    const told = await guests.import(guestOf(id), { validate_only: true, assumed })
    expect(told.outcomes).toEqual([expect.objectContaining({ kind: Kind.CREATED })])
    await expect(guests.import(guestOf(id), { assumed })).rejects.toEqual(refused)
  })

  test.each<[(typeof serviceNames)[number], object]>([
    ['guests', { hotels: [{ id: 'x' }] }],
    ['rooms', { locations: [{ id: randomUUID(), hotel: '' }] }],
    ['rooms', { locations: [{ id: randomUUID(), hotel: randomUUID(), name: 'A\0' }] }],
    ['reservations', { guests: [{ id: '{}', hotel: randomUUID() }] }],
    ['reservations', { rooms: [{ id: randomUUID(), hotel: randomUUID(), location: 'none', number: '1' }] }],
  ])('of %s assumes nothing that could not be there (%#)', async (service, assumed) => {
    using into = transfers(suite, service)
    const at = { hotel: suite.hotel, in_date: day(1), out_date: day(2) }
    const batch = {
      guests: guestOf(suite.hotel),
      rooms: { room_types: [{ id: randomUUID(), hotel: suite.hotel, name: 'Assuming' }] },
      reservations: { room_blocks: [{ ...at, id: randomUUID(), room: randomUUID() }] },
    }[service]
    const told = await into.import(batch, { validate_only: true, assumed }).catch((error) => error)
    // A well-formed id of another hotel is never looked at.
    expect(told.outcomes === undefined ? told : told.outcomes[0].kind).toEqual(
      told.outcomes === undefined ? refused : Kind.CREATED,
    )
  })
})
