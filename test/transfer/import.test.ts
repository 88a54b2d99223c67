import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Reservation_Status as Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually } from '../support/hotel.ts'
import { importBatch } from './importing.ts'
import { csv, folderWith, lines, refusals, run } from './transfer-runs.ts'

// Each import and export is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const noon = (offset: number) => `${day(offset)}T12:00:00Z`

test('spreadsheets of a hotel: good lines are stored, every other line is reported with its reason, and can be corrected', async () => {
  const past = [day(-9), day(-7), 'checked-out', noon(-9), noon(-7)].join()
  await using folder = await folderWith({
    'room_types.csv': lines('name;max_guests', 'Double;2', 'Single;some', 'double;3'),
    'rooms.csv': lines('number,room_type', '101,Double', '102,', '101,', 'Suite 1,Castle'),
    'guests 2024.csv': `\uFEFF${lines(
      'key,first_name,last_name,email,phone',
      'G1,Ada,"Love""lace',
      'two lines",,+41446681800',
      'G2,=Grace,,grace@example.org,',
      ',,,nobody@example.org,',
      'G3,Paul,,nonsense,123',
      'G4,Too,many,,,cells',
    )}`,
    'reservations.csv': lines(
      'guest,room,rooms,in_date,out_date,status,checkin_datetime,checkout_datetime,note,delete_time,reason',
      `G1,101,,${past},was here,,`,
      `G1,,101;102,${day(-8)},${day(-7)},,,,,,`,
      `G2,,101;102,${day(-7)},${day(-6)},CHECKED_IN,${noon(-7)},,overstays,,`,
      `G9,101,,${day(1)},${day(2)},,,,,,`,
      `G1,103,,${day(1)},${day(2)},,,,,,`,
      `G1,101,,${day(3)},${day(2)},,,,,,`,
      `G1,101,,${day(3)},2026-02-30,,,,,,`,
      `G1,101,,${day(3)},${day(4)},CHECKED_IN,${noon(-1)},,,,`,
      `G1,101,,${day(-3)},${day(-2)},CHECKED_IN,,,,,`,
      `G1,101,,${day(-3)},${day(3)},CHECKED_OUT,${noon(-3)},${noon(-2)},,,`,
      `G1,101,,${day(-3)},${day(-2)},CHECKED_OUT,${noon(-3)},${noon(2)},,,`,
      `G1,101,,${day(-3)},${day(-2)},,${noon(-3)},,,,`,
      `G1,101,,${day(-3)},${day(-2)},left,,,,,`,
      `G1,101,,${day(1)},${day(2)},,,,,${noon(-1)},ill`,
      `G1,101,,${day(1)},${day(2)},,,,,,no reason`,
      `G1,101,,${day(1)},${day(2)},,,,,tomorrow,`,
      `G1,101,,${day(1)},${day(2)},,,,free for all,,`,
    ),
  })
  const importAll = () =>
    run(suite, 'import', folder.path, 'reservations.csv', 'guests 2024.csv', 'rooms.csv', 'room_types.csv')
  const first = await importAll()
  expect([first.code, first.output]).toEqual([
    2,
    expect.stringContaining('reservations.csv: 4 imported, 0 already there, 13 refused'),
  ])

  expect(await refusals(folder.path, 'room_types.refused.csv')).toEqual([
    ['3', 'INVALID_FIELD', 'max_guests'],
    ['4', 'ID_TAKEN', ''],
  ])
  expect(await refusals(folder.path, 'rooms.refused.csv')).toEqual([
    ['4', 'ID_TAKEN', ''],
    ['5', 'INVALID_FIELD', 'room_type'],
  ])
  expect(await refusals(folder.path, 'guests 2024.refused.csv')).toEqual([
    ['5', 'INVALID_FIELD', 'first_name'],
    ['6', 'INVALID_FIELD', 'email phone'],
    ['7', 'MALFORMED_LINE', ''],
  ])
  expect(await refusals(folder.path, 'reservations.refused.csv')).toEqual([
    ['3', 'ROOM_NOT_AVAILABLE', ''],
    ['5', 'INVALID_FIELD', 'guest'],
    ['6', 'INVALID_FIELD', 'room'],
    ['7', 'INVALID_FIELD', 'out_date'],
    ['8', 'INVALID_FIELD', 'out_date'],
    ['9', 'INVALID_FIELD', 'checkin_datetime'],
    ['10', 'INVALID_FIELD', 'checkin_datetime'],
    ['11', 'INVALID_FIELD', 'checkout_datetime'],
    ['12', 'INVALID_FIELD', 'checkout_datetime'],
    ['13', 'INVALID_FIELD', 'checkin_datetime'],
    ['14', 'INVALID_FIELD', 'status'],
    ['16', 'INVALID_FIELD', 'reason'],
    ['17', 'INVALID_FIELD', 'delete_time'],
  ])
  const report = (await csv(folder.path, 'reservations.refused.csv')) ?? []
  const stays = await suite.reservations.listReservations({ show_deleted: true })
  const was = stays.reservations.find(({ note }) => note === 'was here')
  expect(report[0]?.refused_message).toBe(
    `room 101 is held for the nights from ${day(-8)} to ${day(-7)} by the reservation ${was?.id}`,
  )
  expect(report[1]?.refused_message).toContain('no live guest of this hotel has the key "G9"')
  expect(report[0]).toMatchObject({ guest: 'G1', rooms: '101;102', in_date: day(-8) })

  const { guests } = await suite.guests.listGuests({})
  expect(guests).toMatchObject([
    { first_name: 'Ada', last_name: 'Love"lace\r\ntwo lines', phone: '+41446681800' },
    { first_name: '=Grace', email: 'grace@example.org' },
  ])
  expect(new Map(stays.reservations.map(({ status, note, reason }) => [note ?? reason, status]))).toEqual(
    new Map([
      ['free for all', Status.PENDING],
      ['ill', Status.PENDING],
      ['overstays', Status.CHECKED_IN],
      ['was here', Status.CHECKED_OUT],
    ]),
  )
  expect(was?.checkout_datetime).toEqual(new Date(noon(-7)))
  await demandViewIsTrue(suite)

  // Again: nothing is stored twice, the same lines are refused.
  const again = await importAll()
  expect(again.output).toContain('reservations.csv: 0 imported, 4 already there, 13 refused')
  expect(again.output).toContain('guests 2024.csv: 0 imported, 2 already there, 3 refused')

  // The corrected report of the guests is a file to import.
  const corrected = path.join(folder.path, 'guests 2024.refused.csv')
  const text = await readFile(corrected, 'utf8')
  await writeFile(corrected, text.replace('nonsense', 'paul@example.org').replace(',123', ',+41446681801'))
  const third = await run(suite, 'import', folder.path, 'guests 2024.refused.csv')
  expect([third.code, third.output]).toEqual([2, expect.stringContaining('2 imported, 0 already there, 1 refused')])
  expect(await refusals(folder.path, 'guests 2024.refused-2.csv')).toEqual([['2', 'INVALID_FIELD', 'first_name']])
})

test('where a file cannot be read on, the lines before are stored and counted', async () => {
  const rooms = [1, 2, 3].map((n) => ({ model: 'hotel.room', pk: randomUUID(), fields: { number: `Cut ${n}` } }))
  const text = `${JSON.stringify(rooms).slice(0, -1)}, {"model": "hotel.room", "pk"`
  await using folder = await folderWith({ 'dump.json': text })
  const cut = await run(suite, 'import', folder.path, 'dump.json')
  expect([cut.code, cut.output]).toEqual([1, expect.stringContaining('dump.json cannot be read as a dump')])
  expect(cut.output).toMatch(/^dump.json \(rooms\): 3 imported, .*; stopped before its end$/m)
})

test('bytes that are no UTF-8 are refused on their line', async () => {
  await using folder = await folderWith({})
  const bytes = Buffer.concat([Buffer.from('first_name\r\nZo'), Buffer.from([0xeb]), Buffer.from('\r\nZoë\r\n')])
  await writeFile(path.join(folder.path, 'guests.csv'), bytes)
  const { code, output } = await run(suite, 'import', folder.path, 'guests.csv')
  expect([code, output]).toEqual([2, expect.stringContaining('1 imported, 0 already there, 1 refused')])
  expect(await refusals(folder.path, 'guests.refused.csv')).toEqual([['2', 'MALFORMED_LINE', 'first_name']])
})

test('without the suite, or without arguments, it says what to do', async () => {
  await using folder = await folderWith({ 'guests.csv': lines('first_name', 'A') })
  const nothing = await run(suite, 'import', folder.path)
  expect([nothing.code, nothing.output]).toEqual([1, expect.stringContaining('npm run import -- guests.csv')])
  const nowhere = {
    ...suite,
    stack: {
      ...suite.stack,
      addresses: { guests: ['127.0.0.1:1'], rooms: ['127.0.0.1:1'], reservations: ['127.0.0.1:1'] },
    },
  }
  const alone = await run(nowhere, 'import', folder.path, 'guests.csv')
  expect([alone.code, alone.output]).toEqual([
    1,
    expect.stringMatching(/service does not answer at 127.0.0.1:1: start the suite/),
  ])
})

test('a reservation that has a night of one room twice is refused by itself, and the others are stored', async () => {
  const { id: room } = await suite.rooms.createRoom({ number: 'Legs' })
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  await eventually(() => suite.reservations.createReservation({ guest, room, in_date: day(90), out_date: day(91) }))
  const record = (from: number, legs: [number, number][]) => ({
    reservation: {
      ...{ id: randomUUID(), guest, rooms: [room], in_date: day(from), out_date: day(from + 4) },
      ...{
        status: Status.CHECKED_OUT,
        checkin_datetime: new Date(noon(from)),
        checkout_datetime: new Date(noon(from + 4)),
      },
    },
    legs: legs.map(([first, end]) => ({ room, in_date: day(from + first), out_date: day(from + end) })),
  })
  const records = [
    record(-50, [
      [0, 3],
      [2, 4],
    ]),
    record(-40, [
      [0, 4],
      [0, 4],
    ]),
    record(-30, [
      [2, 4],
      [0, 2],
    ]),
    record(-20, []),
  ]
  const batch = { reservations: records } as unknown as Partial<Batch>
  const expected = ['INVALID_FIELD', 'INVALID_FIELD', 'CREATED', 'CREATED']
  expect(await importBatch(suite, 'reservations', batch)).toEqual(expected)
})
