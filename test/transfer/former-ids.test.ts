import { randomUUID } from 'node:crypto'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { derivedId } from '@hotel/transfer/source/ids'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { folderWith, lines, run } from './transfer-runs.ts'

// Each import is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('resources imported under the ids of earlier keys are not made twice, nor are those that refer to them', async () => {
  const [mark, number] = [freshNumber(), freshNumber()]
  const keys = [randomUUID().toUpperCase(), `{${randomUUID()}}`, `Mu\u0308hle ${mark}`, `plain ${mark}`]
  // Of a GUID, in any form; case counts in others.
  const references = keys.map((key, index) => (index < 2 ? key.toLowerCase() : key))
  const stays = keys.map((_, index) => ({ key: `{${randomUUID()}}`, day: `2035-01-0${index + 1}` }))
  const guestId = (key: string) => derivedId('guest', DEFAULT_HOTEL, key)
  const names = keys.map((_, index) => `First${mark}${'abcd'[index]}`)
  const { id: room } = await suite.rooms.createRoom({ number })
  const before = {
    'guests.csv': lines('id,first_name', ...keys.map((key, index) => `${guestId(key)},${names[index]}`)),
    'reservations.csv': lines(
      'id,guest,room,in_date,out_date',
      ...stays.map(({ key, day }, index) => {
        const id = derivedId('reservation', DEFAULT_HOTEL, key)
        return `${id},${guestId(keys[index] ?? '')},${room},${day},${day}`
      }),
    ),
  }
  const files = {
    'guests.csv': lines(
      'key,first_name',
      ...keys.map((key, index) => `${key},${names[index]}`),
      `{${randomUUID()}},New`,
    ),
    'reservations.csv': lines(
      'key,guest,room,in_date,out_date',
      ...stays.map(({ key, day }, index) => `${key},${references[index]},${room},${day},${day}`),
      `{${randomUUID()}},${keys[0]},${room},2035-01-09,2035-01-10`,
    ),
  }
  await using earlier = await folderWith(before)
  expect((await run(suite, 'import', earlier.path, ...Object.keys(before))).code).toBe(0)
  await using folder = await folderWith(files)
  const outcomes = async (...options: string[]) => {
    const { code, output } = await run(suite, 'import', folder.path, ...options, ...Object.keys(files))
    return [code, output.match(/^\w+\.csv: .* refused/gm)]
  }
  const first = [
    0,
    ['guests.csv: 1 imported, 4 already there, 0 refused', 'reservations.csv: 1 imported, 4 already there, 0 refused'],
  ]
  expect(await outcomes('--dry-run')).toEqual(first)
  expect(await outcomes()).toEqual(first)
  expect(await outcomes()).toEqual([
    0,
    ['guests.csv: 0 imported, 5 already there, 0 refused', 'reservations.csv: 0 imported, 5 already there, 0 refused'],
  ])
  const { guests } = await suite.guests.listGuests({ query: `First${mark}` })
  expect(guests.map(({ first_name }) => first_name).sort()).toEqual(names)
  const { reservations } = await suite.reservations.listReservations({ room })
  expect(reservations).toHaveLength(5)
})
