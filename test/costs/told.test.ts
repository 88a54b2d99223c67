import { expect, test } from '@jest/globals'
import { tableOf } from './told.ts'

test('of each method the dearest request is told, the dearest of all first', () => {
  const measured = [
    { call: 'A/Get one', gets: 1, most: 60 },
    { call: 'A/List all of it', gets: 7.25, most: 60 },
    { call: 'A/List none', gets: 2, most: 60 },
  ]
  expect(tableOf(measured).split('\n').slice(2)).toEqual([
    '| `A/List` | all of it | 7.3 | 60 |',
    '| `A/Get` | one | 1.0 | 60 |',
    '',
  ])
})
