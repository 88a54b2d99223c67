import { describe, expect, test } from '@jest/globals'
import { foldKey, foldName, uuidOf } from '../source/folding.ts'
import { guestId } from '../source/ids.ts'
import { id, integer, nameOf } from './cells.ts'
import { date } from './date-cell.ts'
import { countryOf, phone } from './phone-cell.ts'

const GUID = 'c0ffee01-4f89-41d3-9a0c-0305e82c3301'

describe('a date', () => {
  test.each([
    ['2026-01-31', '2026-01-31'],
    ['2026-01-31T00:00:00', '2026-01-31'],
    ['2026-01-31 00:00:00', '2026-01-31'],
    ['2026-01-31T00:00Z', '2026-01-31'],
    ['2026-01-31 00:00:00.0000000 +01:00', '2026-01-31'],
    ['2026-01-31T00:00:00.000+0100', '2026-01-31'],
    ['2026-01-31 00:00:00+00', '2026-01-31'],
    ['2026/1/31', '2026-01-31'],
    ['2026.01.31', '2026-01-31'],
    ['31.01.2026', '2026-01-31'],
    ['31. 1. 2026', '2026-01-31'],
    ['31.1.2026 0:00', '2026-01-31'],
    ['1/31/2026', '2026-01-31'],
    ['1/31/2026 12:00:00 AM', '2026-01-31'],
    ['31/1/2026', '2026-01-31'],
    ['31-01-2026', '2026-01-31'],
    ['05.05.2026', '2026-05-05'],
    ['\u200E31.01.2026\u00A0', '2026-01-31'],
    // None: the service says so.
    ['31.31.2026', '2026-31-31'],
    ['31.01.26', '31.01.26'],
    ['30.02.2026', '2026-02-30'],
    ['46053', '46053'],
  ])('%j is %s', (cell, expected) => {
    expect(date.read(cell, 'in_date', {})).toBe(expected)
  })

  test.each(['01.02.2026', '1/2/2026', '12-11-2026 00:00'])('%s may be two dates, unless it is said which', (cell) => {
    expect(() => date.read(cell, 'in_date', {})).toThrow(/in_date: .* or .*--dates dmy.*--dates mdy/)
    const [dmy, mdy] = [date.read(cell, 'in_date', { dates: 'dmy' }), date.read(cell, 'in_date', { dates: 'mdy' })]
    expect(new Set([dmy, mdy]).size).toBe(2)
    expect([dmy, mdy]).toEqual([expect.stringMatching(/^2026-\d\d-\d\d$/), expect.stringMatching(/^2026-\d\d-\d\d$/)])
  })

  test('in the order that is said is never in the other one', () => {
    expect(date.read('01.02.2026', '', { dates: 'dmy' })).toBe('2026-02-01')
    expect(date.read('1/31/2026', '', { dates: 'dmy' })).toBe('2026-31-01')
    expect(date.read('31.01.2026', '', { dates: 'mdy' })).toBe('2026-31-01')
    expect(date.read('2026-02-01', '', { dates: 'mdy' })).toBe('2026-02-01')
  })

  test.each(['2026-01-31T14:00:00', '2026-01-31 23:59', '1/31/2026 12:00 PM'])('%s has a time of day', (cell) => {
    expect(() => date.read(cell, 'in_date', {})).toThrow(/in_date: .* has a time of day: give the date alone/)
  })
})

test.each([
  ['2', 2],
  ['2.0', 2],
  ['2,00', 2],
  [' 2 ', 2],
  ['\u00A02.0000', 2],
  ['-1', -1],
])('%j is a whole number', (cell, expected) => {
  expect(integer.read(cell, 'max_guests', {})).toBe(expected)
})

test.each(['2.5', '2,01', '1.000', '1,000', 'two', '2e3', ''])('%j is no whole number', (cell) => {
  expect(() => integer.read(cell, 'max_guests', {})).toThrow(/max_guests: .* is not a whole number/)
})

test.each([
  ['044 668 18 00', 'CH', '+41446681800'],
  ['(044) 668-18-00', 'CH', '+41446681800'],
  ['0041 44 668 18 00', 'CH', '+41446681800'],
  ['\u200E044\u00A0668 18 00', 'CH', '+41446681800'],
  ['030 901820', 'DE', '+4930901820'],
  ['+41 44 668 18 00', 'DE', '+41 44 668 18 00'],
  ['12', 'CH', '12'],
  ['044 668 18 00 ext. 5', 'CH', '044 668 18 00 ext. 5'],
  ['call 044 668 18 00', 'CH', 'call 044 668 18 00'],
  ['044 668 18 00', undefined, '044 668 18 00'],
] as const)('the telephone number %j in %s is %s', (cell, country, expected) => {
  expect(phone.read(cell, 'phone', { country })).toBe(expected)
})

test('the country of a telephone number is two letters in any case, of a country that has numbers', () => {
  expect([' ch', 'DE\u200B'].map(countryOf)).toEqual(['CH', 'DE'])
  for (const cell of ['ZZ', 'Germany', '+49'])
    expect(() => countryOf(cell)).toThrow(/phone_country: .* is not a country: give its two letters/)
})

test('keys, names and ids are what people see', () => {
  expect(foldKey('\u200B Mu\u0308hle\u00A0 1\u200F')).toBe('M\u00FChle 1')
  expect(foldKey('a') === foldKey('A')).toBe(false)
  for (const guid of [GUID, GUID.toUpperCase(), `{${GUID}}`, `\uFEFF${GUID} `])
    expect([uuidOf(guid), foldKey(guid), id.read(guid, 'id', {}), guestId('h', guid)]).toEqual(Array(4).fill(GUID))
  expect(uuidOf(GUID.replaceAll('-', ''))).toBe(undefined)
  expect(id.read('x', 'id', {})).toBe('x')
  for (const [name, other] of [
    ['İKİZ ODA', 'ikiz oda'],
    ['IŞIK', 'ışık'],
    ['I\u0307ki', 'iki'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['STRASSE', 'straße'],
    ['Mu\u0308hle', 'M\u00DCHLE'],
    ['a\u00A0 b', ' A B'],
  ] as const)
    expect(foldName(name)).toBe(foldName(other))
  expect(foldName('Ana') === foldName('Aná')).toBe(false)
  // Ids that follow from names and keys stay what they were.
  expect([foldName('Double Room'), foldKey('G-1 x')]).toEqual(['double room', 'G-1 x'])
  expect(guestId('h', 'G1')).toBe('4d038125-b77b-5f27-88ff-4f8cacfffb45')
})

test('a status is known in any case, with hyphen, underscore or blank', () => {
  const status = nameOf({ UNSPECIFIED: 0, CHECKED_IN: 2 })
  for (const cell of ['CHECKED_IN', 'checked-in', 'Checked In', 'checked\u00A0in'])
    expect(status.read(cell, 'status', {})).toBe(2)
  expect(() => status.read('left', 'status', {})).toThrow(/is not one of CHECKED_IN/)
})
