import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { inputs } from './arguments.ts'
import { guarded, unguarded } from './cells.ts'
import { openCsv } from './csv-file.ts'
import type { KindName } from './kinds.ts'
import { reportOf } from './refused-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-transfer-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileWith(text: string): Promise<string> {
  const file = path.join(folder, 'guests.csv')
  await writeFile(file, text)
  return file
}

test.each<[string, KindName, RegExp]>([
  ['first_name,surname\nA,B\n', 'guests', /column "surname", which guests do not have.*columns of guests are: id, /],
  ['last_name\nB\n', 'guests', /has no column "first_name": add it/],
  ['first_name,First_Name\nA,B\n', 'guests', /has the column "first_name" twice/],
  ['', 'guests', /is empty: its first line names the columns/],
  ['guest,in_date,out_date\n', 'reservations', /has no column "rooms": add it, or "room"/],
])('the header of %j is refused for %s', async (text, kind, words) => {
  await expect(openCsv(await fileWith(text), kind)).rejects.toThrow(words)
})

test('lines are told by their numbers, whatever the line breaks, empty lines and delimiters', async () => {
  const text = '\uFEFFfirst_name;last_name;\r\nA;"a\r\n\r\nb";\r\n\r\nB;;;;\r\nC\r\nD;d;more\r\n'
  const source = await openCsv(await fileWith(text), 'guests')
  expect(await Array.fromAsync(source.lines())).toEqual([
    { number: 2, cells: { first_name: 'A', last_name: 'a\r\n\r\nb' } },
    { number: 6, cells: { first_name: 'B' } },
    { number: 7, cells: { first_name: 'C' }, refused: expect.objectContaining({ reason: 'MALFORMED_LINE' }) },
    { number: 8, cells: expect.anything(), refused: expect.objectContaining({ reason: 'MALFORMED_LINE' }) },
  ])
  expect(source.done()).toBe(1)
})

test.each([
  ['first_name\n\n"A\n', 3, 'is never closed'],
  ['first_name\r\n"A\r\nB"\r\n"C"D\r\n', 4, 'has a quote within a quoted cell'],
  ['first_name\nA\nB"C\n', 3, 'has a quote within a cell'],
  [`first_name\nA\n"${'B\n'.repeat(200_000)}`, 3, 'is longer than 256 KiB'],
])('where it is no CSV any more is told (%#)', async (text, line, words) => {
  const read = async () => Array.fromAsync((await openCsv(await fileWith(text), 'guests')).lines())
  await expect(read()).rejects.toThrow(new RegExp(`^Line ${line} of guests.csv .*${words}`))
})

test('no cell is a formula, and each comes back as it was', () => {
  const cells = ['=1+1', '+41446681800', '-5', '@me', '\tx', "'=1", "''=1", "'t Hooft", "'", 'plain', '']
  for (const cell of cells)
    expect([guarded(cell).match(/^[=+\-@\t\r]/), unguarded(guarded(cell))]).toEqual([null, cell])
})

describe('files are known by their names', () => {
  test('or by what is said, and are imported in the order that they need', async () => {
    const names = ['reservations.csv', 'Room types.csv', 'rooms-2024.csv', 'clients.csv', 'dump.json']
    await Promise.all(names.map((name) => writeFile(path.join(folder, name), '')))
    const found = await inputs([...names.slice(0, 3), 'guests=clients.csv', 'dump.json'], (name) =>
      path.join(folder, name),
    )
    expect(found.map(({ kind }) => kind)).toEqual(['dump', 'room_types', 'rooms', 'guests', 'reservations'])
  })

  test.each([
    [['clients.csv'], /does not say what it holds: .*guests=clients.csv/],
    [['nothing.csv'], /There is no file/],
    [[], /npm run import -- guests.csv/],
    [['--all'], /is no option/],
  ])('%j is refused', async (names, words) => {
    await expect(inputs(names, (name) => path.join(folder, name))).rejects.toThrow(words)
  })

  test('a report is beside its file, and never in its place', () => {
    expect(reportOf('/a/guests.csv')).toBe('/a/guests.refused.csv')
    expect(reportOf('/a/guests.refused.csv')).toBe('/a/guests.refused-2.csv')
    expect(reportOf('/a/guests.refused-2.csv')).toBe('/a/guests.refused-3.csv')
    expect(reportOf('/a/dump.json', 'reservations')).toBe('/a/dump.reservations.refused.csv')
  })
})
