import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { inputs } from '../arguments.ts'
import { optionsOf } from '../options.ts'
import { reportOf } from '../sending/refused-file.ts'
import type { KindName } from '../source/kind.ts'
import { guarded, unguarded } from './cells.ts'
import { openCsv } from './csv-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-transfer-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileWith(text: string | Buffer): Promise<string> {
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

test('lines are reported by their numbers, with any line breaks, empty lines and delimiters', async () => {
  const text = '\uFEFFfirst_name;last_name;\r\nA;"a\r\n\r\nb";\r\n\r\nB;;;;\r\nC\r\nD;d;more\r\n'
  const source = await openCsv(await fileWith(text), 'guests')
  expect(await Array.fromAsync(source.lines())).toEqual([
    { number: 2, cells: { first_name: 'A', last_name: 'a\r\n\r\nb' } },
    { number: 6, cells: { first_name: 'B' } },
    { number: 7, cells: { first_name: 'C' } },
    { number: 8, cells: expect.anything(), refused: expect.objectContaining(MALFORMED), text: 'D;d;more' },
  ])
  expect([source.done(), source.blankLines()]).toEqual([1, 1])
})

const MALFORMED = { reason: 'MALFORMED_LINE' }

/** The lines of a guests file, as `number first_name last_name`; of a refused one, what is wrong. */
async function read(content: string | Buffer): Promise<string[]> {
  const source = await openCsv(await fileWith(content), 'guests')
  const lines = await Array.fromAsync(source.lines())
  return lines.map(({ number, cells, refused }) =>
    refused === undefined
      ? [number, cells.first_name, cells.last_name].filter((part) => part !== undefined).join(' ')
      : `${number} refused: ${refused.message}`,
  )
}

test.each([
  ['CR LF, then LF', 'first_name\r\nA\nB\nC\n', ['2 A', '3 B', '4 C']],
  ['LF, then CR LF, quoted', 'first_name,last_name\nA,"a"\r\nB,"b"\r\n', ['2 A a', '3 B b']],
  ['CR alone', 'first_name\rA\rB', ['2 A', '3 B']],
  ['all of them', 'first_name\r\nA\rB\nC\r\n\rD', ['2 A', '3 B', '4 C', '6 D']],
  ['none at the end', 'first_name,last_name\nA,"a"', ['2 A a']],
])('line ends: %s', async (_, text, expected) => {
  expect(await read(text)).toEqual(expected)
})

const text = 'first_name\tlast_name\r\nZoë\t"a\tb"\r\n'
const bigEndian = (of: string) => Buffer.from(of, 'utf16le').swap16()
test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`)],
  ['UTF-16LE with a mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16LE', Buffer.from(text, 'utf16le')],
  ['UTF-16BE with a mark', bigEndian(`\uFEFF${text}`)],
  ['UTF-16BE', bigEndian(text)],
])('%s is read', async (_, bytes) => {
  expect(await read(bytes)).toEqual(['2 Zoë a\tb'])
})

test.each([
  ['sep=;\r\n', ';'],
  ['\uFEFFsep=;\r\n', ';'],
  ['"sep=|"\n', '|'],
  ['SEP=\t\r', '\t'],
  ['sep=,,,\n\n', ','],
  ['', ';'],
  [',\n\n', ','],
  ['', '\t'],
])('%j and a header with %j', async (before, delimiter) => {
  const rows = ['first_name', 'last_name'].join(delimiter)
  const [line] = await read(`${before}${rows}\nA${delimiter}x,y\n`)
  expect(line).toMatch(delimiter === ',' ? /has 3 cells, the header has 2/ : /^\d A x,y$/)
})

test('rows without content are passed over and counted, wherever they are', async () => {
  const source = await openCsv(
    await fileWith('\n,,\nfirst_name,last_name,\n,,\n"",""\n \u00A0,\t\n\u200B,\nA\n\n , ,,,,,\n'),
    'guests',
  )
  expect(await Array.fromAsync(source.lines())).toEqual([{ number: 8, cells: { first_name: 'A' } }])
  expect(source.blankLines()).toBe(6)
})

test.each([
  ['in the middle of a cell', 'Robert "Bob",x', /quote within a cell/],
  ['behind a blank', 'A, "x"', /quote within a cell/],
  ['behind an inch', 'A,40"', /quote within a cell/],
  ['that is followed by text', '"A"x,y', /quote within a quoted cell/],
  ['that is never closed', 'A,"x', /not closed/],
  ['that is never closed, of the first cell', '"A,x', /not closed/],
  ['alone', '"', /not closed/],
])('a quote %s refuses its line and no other', async (_, wrong, words) => {
  const good = 'B,"two\nlines"'
  for (const [before, after] of [
    ['', ''],
    ['A,a\n', ''],
    ['', '\nC,c'],
    ['', `\n${good}\nD,"d"\n`],
    [`${good}\n`, `\r\nD,"e ""f"" g"\r\nE,e`],
  ] as const) {
    const all = await read(`first_name,last_name\n${before}${wrong}${after}`)
    const refused = all.filter((line) => line.includes('refused'))
    expect(refused).toEqual([expect.stringMatching(words)])
    expect(all.filter((line) => !line.includes('refused'))).toEqual(
      (await read(`first_name,last_name\n${before}x,x${after}`)).filter((line) => !line.endsWith(' x x')),
    )
  }
})

test('several quotes out of place, and one in each line, cost their lines only', async () => {
  const text = 'first_name,last_name\nA,"a\nB,b\nC,"c\nD,"d"\nE,e"\nF,""\nG,"g\n'
  const all = await read(text)
  expect(all.filter((line) => !line.includes('refused'))).toEqual(['3 B b', '5 D d', '7 F'])
  expect(all.filter((line) => line.includes('refused')).map((line) => line.split(' ')[0])).toEqual(['2', '4', '6', '8'])
})

test('a line that is too long is refused, with any content, and the next one is read', async () => {
  for (const long of ['x'.repeat(1_000_000), `"${'x'.repeat(1_000_000)}"`, `"${'x'.repeat(1_000_000)}`])
    expect(await read(`first_name\nA\n${long}\r\nB\n`)).toEqual([
      '2 A',
      expect.stringMatching(/^3 refused: .*longer than 256 KiB/),
      '4 B',
    ])
  expect(await read(`first_name\nA\n"${'B\n'.repeat(140_000)}`)).toHaveLength(140_001)
})

test('where one piece of a file ends is of no importance', async () => {
  const rows = Array.from({ length: 1_000 }, () => 'Zoë,"a ""b""\r\nc"').join('\r\n')
  for (let shift = 0; shift < 24; shift++) {
    // A piece is of 256 KiB: each of these ends in another place of a line.
    const lines = await read(`first_name,last_name\r\n${'A'.repeat(250 * 1024 + shift)},\r\n${rows}`)
    const kinds = new Set(lines.slice(1).map((line) => line.replace(/^\d+ /, '')))
    expect([lines.length, kinds]).toEqual([1_001, new Set(['Zoë a "b"\r\nc'])])
  }
})

test('files that were put together: a mark in the middle is nothing, a header again is refused', async () => {
  const one = '\uFEFF"first_name",last_name\r\n"A",a\r\n'
  expect(await read(`${one}${one}\uFEFF"B",b\r\n`)).toEqual([
    '2 A a',
    '3 refused: the line is the header again: remove it',
    '4 A a',
    '5 B b',
  ])
})

test.each([
  ['\uFEFF\u00A0First Name\u200B;"last-name ";etag\n', []],
  ['Vorname;Name;refused_text\n', ['Vorname=first_name', 'Name=last_name']],
  ['Vorname ;"Name, voll";update_time\n', ['vorname=first_name', 'Name, voll=last_name']],
  ['vorname;name;Notiz\n', ['Vorname=First name,Name=last_name,Notiz=']],
])('the header %j is understood with --map %j', async (header, map) => {
  const { names } = optionsOf(map.flatMap((pair) => ['--map', pair]))
  const source = await openCsv(await fileWith(`${header}A;a;n\n`), 'guests', names)
  expect(source.columns).toEqual(['first_name', 'last_name'])
  const [line] = await Array.fromAsync(source.lines())
  expect(line?.cells).toEqual({ first_name: 'A', last_name: 'a' })
})

test('a column of --map is of the kinds that have such a column', async () => {
  const { names } = optionsOf(['--map', 'name=last_name,name=number', '--map', 'first=first_name'])
  const columns = async (text: string, kind: KindName) => (await openCsv(await fileWith(text), kind, names)).columns
  expect(await columns('First,Name\n', 'guests')).toEqual(['first_name', 'last_name'])
  expect(await columns('Name\n', 'rooms')).toEqual(['number'])
  expect(await columns('Name\n', 'hotels')).toEqual(['name'])
})

test('a header with a quote out of place is reported', async () => {
  await expect(openCsv(await fileWith('first_name,"last_name\nA,a\n'), 'guests')).rejects.toThrow(
    /The header of guests.csv, line 1, has a quote that is not closed/,
  )
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
    [['clients.csv'], /has a name that does not begin with a kind: .*guests=clients.csv/],
    [['nothing.csv'], /There is no file/],
    [[], /npm run import -- guests.csv/],
    [['--all'], /is not an option/],
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

test('a line that ends before a required cell is refused; an empty cell is one', async () => {
  const [short, empty] = await read('last_name,first_name\nKern\nKern,\n')
  expect(short).toMatch(/ends before its first_name/)
  expect(empty).toMatch(/^3 Kern/)
})
