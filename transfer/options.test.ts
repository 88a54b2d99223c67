import { expect, test } from '@jest/globals'
import { optionsOf } from './options.ts'

test('options are read among the files', () => {
  const { names, ...options } = optionsOf([
    'a.csv',
    '--dates',
    'dd.mm.yyyy',
    '--country',
    'ch',
    'guests=b.csv',
    '--dry-run',
  ])
  expect(options).toEqual({
    files: ['a.csv', 'guests=b.csv'],
    reading: { dates: 'dmy', country: 'CH' },
    isDryRun: true,
  })
  expect([...names]).toEqual([])
  expect(optionsOf(['a.csv'])).toMatchObject({ reading: {}, isDryRun: false })
  expect(optionsOf(['--dates', 'MDY']).reading.dates).toBe('mdy')
})

test.each([
  [['--dates', 'ymd'], /--dates is "ymd": give dmy/],
  [['--dates'], /argument missing.*The options of an import are/s],
  [['--country', 'XX'], /--country is "XX": give the two letters/],
  [['--map', 'Vorname'], /--map is "Vorname": give "header=column"/],
  [['--map', 'first_name=Vorname'], /there is no column "Vorname"/],
  [['--dryrun'], /Unknown option '--dryrun'.*The options of an import are --dry-run/s],
])('%j is reported', (args, words) => {
  expect(() => optionsOf(args)).toThrow(words)
})
