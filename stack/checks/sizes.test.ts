import { expect, test } from '@jest/globals'
import { lookAtSizes, tooFull, tooLong } from './sizes.ts'

test('no file is too long and no folder too full, and each exception is one', async () => {
  expect(await lookAtSizes()).toBeUndefined()
})

test('a file of 201 lines is named, one of 200 is not', () => {
  const files = new Map(Object.entries({ 'gateway/long.ts': 201, 'gateway/short.ts': 200 }))
  expect(tooLong(files)).toEqual([expect.stringMatching('^gateway/long.ts has 201 lines')])
})

test('a folder of sixteen files is named, one of fifteen is not', () => {
  const filesOf = (folder: string, count: number) => Array.from({ length: count }, (_, n) => `${folder}/${n}.ts`)
  expect(tooFull([...filesOf('gateway/full', 16), ...filesOf('gateway/roomy', 15)])).toEqual([
    expect.stringMatching('^gateway/full has 16 files'),
  ])
})
