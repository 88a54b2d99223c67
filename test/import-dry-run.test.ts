import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import { serviceNames } from '@hotel/stack/service-names'
import { type Suite, startSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { day } from './hotel.ts'
import { folderWith, lines, run, start } from './transfer.ts'
import { transfers } from './transfers.ts'

// Each import is a program of its own, started anew.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** How many rows every table of the services has, where anything could be stored. */
async function rowCounts(): Promise<unknown[]> {
  const tables = `select table_name as name, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I', table_name), false, true, '')))[1]::text as rows
    from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
      and table_name !~ 'replica|known_hotel' order by 1`
  return Promise.all(serviceNames.map((service) => suite.sql(service, tables)))
}

/** Files of a new hotel, with every kind of line that is refused. */
const HOUSE = {
  'hotels.csv': lines('name', 'Dry', 'Dry'),
  'locations.csv': lines('hotel,name,time_zone', 'dry,Main,Europe/Zurich', 'dry,Other,Mars/Base'),
  'room_types.csv': lines('hotel,name,max_guests', 'DRY,Double,2', 'Dry,Suite,two'),
  'rooms.csv': lines(
    'hotel,location,number,room_type',
    'Dry,Main,1,double',
    'Dry,Main,2,',
    'Dry,Main,3,Castle',
    ',,1,',
  ),
  'guests.csv': lines(
    'key,hotel,first_name,email,delete_time',
    'a,Dry,Ada,,',
    'b,Dry,Bo,none,',
    `c,Dry,Cy,,${day(-1)}T00:00:00Z`,
    'd,,Di,,',
    'd,,Other,,',
    ...Array.from({ length: 600 }, (_, n) => `n${n},,N,,`),
    'd,,Di,,',
    'd,,Later,,',
  ),
  'reservations.csv': lines(
    'key,hotel,guest,room,in_date,out_date',
    `1,Dry,a,1,${day(1)},${day(3)}`,
    `2,Dry,a,1,${day(2)},${day(4)}`,
    `3,Dry,b,2,${day(1)},${day(2)}`,
    `4,Dry,c,2,${day(1)},${day(2)}`,
    `5,,d,1,${day(1)},${day(1)}`,
    `6,,d,2,${day(1)},${day(1)}`,
    `7,,d,1,${day(2)},${day(1)}`,
    ...Array.from({ length: 600 }, (_, n) => `n${n},,n${n},1,${day(n + 10)},${day(n + 11)}`),
    `8,Dry,a,1,${day(2)},${day(4)}`,
    `9,,d,1,${day(100)},${day(101)}`,
    `10,,d,1,${day(2)},${day(3)}`,
    `5,,d,1,${day(1)},${day(1)}`,
  ),
  'room_blocks.csv': lines(
    'hotel,location,room,in_date,out_date',
    `Dry,Main,1,${day(0)},${day(9)}`,
    `Dry,Main,2,${day(0)},${day(9)}`,
    `,,1,${day(0)},${day(2)}`,
  ),
}

describe('a dry run', () => {
  test('tells of each line what the import then does, and stores nothing', async () => {
    await using folder = await folderWith(HOUSE)
    const names = Object.keys(HOUSE)
    const before = await rowCounts()
    const dry = await run(suite, 'import', folder.path, '--dry-run', ...names)
    expect(await rowCounts()).toEqual(before)
    const reported = await reports(folder.path)
    const real = await run(suite, 'import', folder.path, ...names)
    expect([dry.code, counts(dry.output)]).toEqual([2, counts(real.output)])
    expect(counts(real.output)).toContain('reservations.csv: 603 imported, 1 already there, 7 refused')
    expect(reported).toEqual(await reports(folder.path))
    expect(dry.output).toContain('This was a dry run: nothing is stored.')

    // What is there now is what it was.
    const again = await run(suite, 'import', folder.path, '--dry-run', ...names)
    expect(again.output).toContain('reservations.csv: 0 imported, 604 already there, 7 refused')
  })

  test('of sound files ends with 0', async () => {
    await using folder = await folderWith({ 'guests.csv': lines('key,first_name', 'sound,Sound') })
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
  const guests = Array.from({ length: 20_000 }, (_, n) => `stop${n},Stopped,${n}`)
  await using folder = await folderWith({ 'guests.csv': lines('key,first_name,last_name', ...guests) })
  const running = start(suite, 'import', folder.path, 'guests.csv')
  const stored = async () => {
    const text = `select count(*)::int as count from guest where first_name = 'Stopped'`
    return (await suite.sql<{ count: number }>('guests', text))[0]?.count ?? 0
  }
  while ((await stored()) === 0);
  running.interrupt()
  const { code, output } = await running.ended
  const [, told = ''] = /^guests.csv: ([\d,]+) imported, .*; stopped before its end$/m.exec(output) ?? []
  expect([code, Number(told.replace(',', ''))]).toEqual([1, await stored()])
  expect(output).toContain('Stopped. What is stored stays: run the same again to go on.')
  const again = await run(suite, 'import', folder.path, 'guests.csv')
  expect([again.code, again.output]).toEqual([0, expect.stringContaining(`${told} already there, 0 refused`)])
})

describe('a batch that is only validated', () => {
  const guest = (hotel: string) => ({ guests: [{ id: randomUUID(), hotel, first_name: 'Ada' }] })
  const refused = expect.objectContaining({ code: Status.INVALID_ARGUMENT })

  test('is not there afterwards', async () => {
    using guests = transfers(suite, 'guests')
    const batch = guest(suite.hotel)
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
    const told = await guests.import(guest(id), { validate_only: true, assumed })
    expect(told.outcomes).toEqual([expect.objectContaining({ kind: Kind.CREATED })])
    await expect(guests.import(guest(id), { assumed })).rejects.toEqual(refused)
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
      guests: guest(suite.hotel),
      rooms: { room_types: [{ id: randomUUID(), hotel: suite.hotel, name: 'Assuming' }] },
      reservations: { room_blocks: [{ ...at, id: randomUUID(), room: randomUUID() }] },
    }[service]
    const told = await into.import(batch, { validate_only: true, assumed }).catch((error) => error)
    // What is of another hotel, and well formed, is never looked at.
    expect(told.outcomes === undefined ? told : told.outcomes[0].kind).toEqual(
      told.outcomes === undefined ? refused : Kind.CREATED,
    )
  })
})
