import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { csv, folderWith, lines, refusals, run } from './transfer-runs.ts'

// Each import is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('files as spreadsheets and databases write them are understood, and other lines are refused by themselves', async () => {
  const [mark, one, two] = [freshNumber(), freshNumber(), freshNumber()]
  const [guid, other, hotel] = [randomUUID(), randomUUID(), randomUUID()]
  const { id: first } = await suite.guests.createGuest({ first_name: 'First' })
  await using folder = await folderWith({
    'hotels.csv': lines('id,name', `{${hotel.toUpperCase()}},Haus ${mark}`),
    'locations.csv': lines('hotel,name,time_zone', `${hotel.toUpperCase()},Main,Europe/Athens`),
    'room_types.csv': Buffer.from(
      `\uFEFFName\tMax Guests\tNotiz\r\nİKİZ ODA ${mark}\t2.0\tx\r\nΟΔΟΣ ${mark}\t 2,00 \t\r\nHalf ${mark}\t2.5\t\r\n`,
      'utf16le',
    ),
    'rooms.csv': `sep=;\r\nnumber;room_type;hotel;location\n\u200B${one};ikiz  oda ${mark};;\r${two};Οδος ${mark}\n;;;\r\n${one};;haus ${mark};MAIN;\n`,
    'guests.csv': [
      'key;first_name;last_name;phone;phone_country',
      `${guid.toUpperCase()};Ada`,
      `Mu\u0308hle ${mark};Bo;;044 668 18 00`,
      `\u200E${mark}\u00A0;Cy`,
      `${mark} a;Robert "Bob"`,
      `${mark} b;"Di`,
      `${mark} c;Ed;;0041 44 668 18 01`,
      `${mark} d;Fay;;12`,
      `${mark} e;Gus;;030 901820;de`,
      `${mark} f;Hal;;030 901820;Berlin`,
      '"";\u00A0',
    ].join('\r'),
    'reservations.csv': lines(
      'key,guest,room,hotel,in_date,out_date',
      `${mark}1,${guid},${one},,2034-01-31T00:00:00,2034-02-01 00:00:00.000`,
      `${mark}2,M\u00FChle ${mark},${two},,31.01.2034,1.2.2034 0:00`,
      `${mark}3, ${mark} ,${two}\u200B,,2034/02/01,13.02.2034`,
      `${mark}4,${first.toUpperCase()},${one},00000000-0000-7000-8000-000000000001,03.02.2034,04.02.2034`,
      `${mark}5,{${guid}},${one},,02/13/2034,14.02.2034`,
      `${mark}6,${guid},${one},,2034-03-01T14:00:00,2034-03-02`,
      `${other},${guid},${one},,2034-04-01,2034-04-02`,
      `${other.toUpperCase()},${guid.toUpperCase()},${one},,2034-04-01,2034-04-02`,
    ),
  })
  const names = ['hotels', 'locations', 'room_types', 'rooms', 'guests', 'reservations'].map((name) => `${name}.csv`)
  const options = ['--map', 'notiz=', '--country', 'ch', '--dates', 'dd.mm.yyyy']
  const { code, output } = await run(suite, 'import', folder.path, ...options, ...names)
  expect([code, output.match(/^\w+\.csv: .* refused(, \d+ blank)?/gm)]).toEqual([
    2,
    [
      'hotels.csv: 1 imported, 0 already there, 0 refused',
      'locations.csv: 1 imported, 0 already there, 0 refused',
      'room_types.csv: 2 imported, 0 already there, 1 refused',
      'rooms.csv: 3 imported, 0 already there, 0 refused, 1 blank',
      'guests.csv: 5 imported, 0 already there, 4 refused, 1 blank',
      'reservations.csv: 5 imported, 1 already there, 2 refused',
    ],
  ])
  expect(await refusals(folder.path, 'room_types.refused.csv')).toEqual([['4', 'INVALID_FIELD', 'max_guests']])
  expect(await refusals(folder.path, 'guests.refused.csv')).toEqual([
    ['5', 'MALFORMED_LINE', ''],
    ['6', 'MALFORMED_LINE', ''],
    ['8', 'INVALID_FIELD', 'phone'],
    ['10', 'INVALID_FIELD', 'phone_country'],
  ])
  expect(await refusals(folder.path, 'reservations.refused.csv')).toEqual([
    ['6', 'INVALID_FIELD', 'in_date'],
    ['7', 'INVALID_FIELD', 'in_date'],
  ])
  const report = await csv(folder.path, 'guests.refused.csv')
  expect(report?.slice(0, 2).map(({ refused_text, first_name }) => [refused_text, first_name])).toEqual([
    [`${mark} a;Robert "Bob"`, 'Robert "Bob"'],
    [`${mark} b;"Di`, '"Di'],
  ])

  const { reservations } = await suite.reservations.listReservations({ from: '2034-01-01', to: '2034-12-31' })
  const roomOf = new Map(
    (await suite.rooms.listRooms({ page_size: 500 })).rooms.map(({ id, number }) => [id, number.replace('\u200B', '')]),
  )
  const ours = reservations.filter(({ room }) => [one, two].includes(roomOf.get(room) ?? ''))
  expect(ours.map(({ room, in_date, out_date }) => `${roomOf.get(room)} ${in_date} ${out_date}`).sort()).toEqual(
    [
      `${one} 2034-01-31 2034-02-01`,
      `${two} 2034-01-31 2034-02-01`,
      `${two} 2034-02-01 2034-02-13`,
      `${one} 2034-02-03 2034-02-04`,
      `${one} 2034-04-01 2034-04-02`,
    ].sort(),
  )
  expect((await suite.guests.getGuest({ id: guid })).first_name).toBe('Ada')
  expect(
    (await suite.guests.listGuests({ query: '+41446681800' })).guests.map(({ first_name }) => first_name),
  ).toContain('Bo')
  expect(
    (await suite.guests.listGuests({ query: '+4930901820' })).guests.map(({ first_name }) => first_name),
  ).toContain('Gus')

  // The report, as it is, has its quotes as they have to be.
  const again = await run(suite, 'import', folder.path, 'guests.refused.csv')
  expect(again.output).toContain('2 imported, 0 already there, 2 refused')
})
