import { isSupportedCountry } from 'libphonenumber-js/min'
import { Problem } from '../stack/setup/problem.mjs'
import { commandLine } from './command-line.ts'
import { type ColumnNames, headerName } from './csv/csv-header.ts'
import { kinds } from './source/kinds.ts'
import type { Reading } from './source/reading.ts'

/** The options of an import. */
export type Options = {
  readonly files: readonly string[]
  readonly reading: Reading
  /** What the files call their columns. */
  readonly names: ColumnNames
  /** Whether all is checked and nothing stored. */
  readonly isDryRun: boolean
  /** The file with the token, if one is named. */
  readonly tokenFile: string | undefined
}

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  dates: { type: 'string' },
  country: { type: 'string' },
  map: { type: 'string', multiple: true },
} as const

/** The options among the arguments; throws a Problem that names the wrong one. */
export function optionsOf(args: readonly string[]): Options {
  const { values, positionals } = commandLine(
    args,
    OPTIONS,
    (wrong) =>
      `${wrong} The options of an import are --dry-run, --dates dmy or mdy, --country CH, --map "header=column" and --token-file FILE.`,
  )
  return {
    files: positionals,
    reading: { dates: datesOf(values.dates), country: countryOf(values.country) },
    names: namesOf((values.map ?? []).flatMap(pairsOf)),
    isDryRun: values['dry-run'],
    tokenFile: values['token-file'],
  }
}

function datesOf(said: string | undefined): Reading['dates'] {
  // As dd.mm.yyyy, too.
  const order = said?.toLowerCase().replaceAll(/[^dmy]|(.)(?=\1)/g, '')
  if (order === undefined || order === 'dmy' || order === 'mdy') return order
  throw new Problem(`--dates is "${said}": give dmy for 31.01.2026 or mdy for 1/31/2026.`)
}

function countryOf(said: string | undefined): Reading['country'] {
  const code = said?.toUpperCase()
  if (code === undefined || isSupportedCountry(code)) return code
  throw new Problem(`--country is "${said}": give the two letters of a country, as CH or DE.`)
}

/** Several with a comma between; one where the comma is of the header. */
function pairsOf(said: string): string[] {
  const pairs = said.split(',')
  return pairs.every((pair) => pair.includes('=')) ? pairs : [said]
}

function namesOf(pairs: readonly string[]): ColumnNames {
  const names = new Map<string, string[]>()
  for (const [header, column] of pairs.map(nameOf)) names.set(header, [...(names.get(header) ?? []), column])
  return names
}

/** Of `header=column`; nothing after the sign leaves the column out. */
function nameOf(said: string): readonly [string, string] {
  const [, header, column] = /^(.+)=(.*)$/.exec(said) ?? []
  const known = new Set(kinds.flatMap(({ columns, more }) => [...Object.keys(columns), ...more]))
  if (header === undefined || column === undefined)
    throw new Problem(`--map is "${said}": give "header=column", such as "Vorname=first_name".`)
  const name = headerName(column)
  if (name !== '' && !known.has(name))
    throw new Problem(`--map "${said}": there is no column "${column}": the name in the file's header comes first.`)
  return [headerName(header), name]
}
