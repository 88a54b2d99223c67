import { parseArgs } from 'node:util'
import { Problem } from '../../stack/setup/problem.mjs'
import type { Demand } from './plan.ts'

/** What is simulated, all of it by options. */
export type Options = {
  readonly demand: Demand
  readonly seed: number
  readonly seconds: number
  readonly guestChanges: number
  readonly processes: number
  readonly guestsPerRoom: number
  readonly average: number
  /** GiB of a node of Postgres. */
  readonly disk: number
  /** What a node costs an hour, by whoever rents it out; nothing is said of prices that nobody gave. */
  readonly price: number | undefined
  readonly json: string | undefined
  readonly measure: boolean
}

const NUMBERS = {
  hotels: [100_000, 'hotels'],
  rooms: [10_000_000, 'rooms of all hotels'],
  creates: [1_000, 'creates a second at the peak'],
  reads: [100_000, 'reads a second at the peak'],
  zipf: [0.8, 'the exponent of Zipf’s law by which hotels are popular, from 0 to 2'],
  'get-reservation': [0.4, 'the part of the reads that is GetReservation'],
  'get-guest': [0.3, 'the part that is GetGuest'],
  'list-stays': [0.2, 'the part that is a page of 50 of current and upcoming'],
  'list-reservations': [0.1, 'the part that is a page of 50 of ListReservations'],
  cores: [16, 'processors of a node'],
  target: [0.6, 'the part of them that is to be busy at the peak, from 0.1 to 0.95'],
  spread: [3, 'how many times as much of Postgres a call takes where hotels are on several nodes'],
  'guest-changes': [1_000, 'guests that are made or changed a second at the peak'],
  processes: [16, 'processes of the reservations service on a node'],
  'guests-per-room': [100, 'guests that are kept for each room'],
  average: [0.3, 'the part of the peak that there is all day long'],
  regions: [2, 'regions that the stateless nodes are spread over'],
  disk: [4_000, 'GiB of the disk of a node of Postgres'],
  seconds: [5, 'seconds that are simulated'],
  seed: [1, 'the same seed simulates the same'],
  price: [undefined, 'what a node costs an hour'],
} as const satisfies Record<string, readonly [number | undefined, string]>
type Name = keyof typeof NUMBERS

/** What `--help` says. */
export const HELP = [
  'npm run simulate -- [options]: what the peak of many hotels takes, and what breaks first.\n',
  ...Object.entries(NUMBERS).map(
    ([name, [value, words]]) => `  --${name.padEnd(18)} ${words}${value === undefined ? '' : ` (${value})`}`,
  ),
  '  --json FILE          writes all of it as JSON, too',
  '  --measure            measures the bytes of rows first, on a suite of its own',
].join('\n')

/** Reads the options. Throws a Problem that names the wrong one and the remedy. */
export function optionsOf(args: readonly string[]): Options {
  const given = valuesOf(args)
  const number = (name: Name): number => {
    const text = given[name]
    const value = text === undefined ? NUMBERS[name][0] : Number(text)
    if (value === undefined || !Number.isFinite(value) || value < 0)
      throw new Problem(`--${name} ${text} is not a number from 0 on: give ${NUMBERS[name][1]}.`)
    return value
  }
  const within = (name: Name, least: number, most: number) => {
    const value = number(name)
    if (value < least || value > most)
      throw new Problem(`--${name} ${value} is not from ${least} to ${most}: change it.`)
    return value
  }
  const whole = (name: Name, most: number) => {
    const value = within(name, 1, most)
    if (!Number.isInteger(value)) throw new Problem(`--${name} ${value} is not a whole number: round it.`)
    return value
  }
  const mix = {
    'get reservation': number('get-reservation'),
    'get guest': number('get-guest'),
    'list stays': number('list-stays'),
    'list reservations': number('list-reservations'),
  }
  const sum = Object.values(mix).reduce((all, part) => all + part, 0)
  if (Math.abs(sum - 1) > 1e-6)
    throw new Problem(
      `--get-reservation, --get-guest, --list-stays and --list-reservations are ${sum.toFixed(3)} together: make it 1.`,
    )
  return {
    demand: {
      hotels: whole('hotels', 10_000_000),
      rooms: number('rooms'),
      creates: within('creates', 1, 1e7),
      reads: number('reads'),
      zipf: within('zipf', 0, 2),
      mix,
      cores: whole('cores', 1_000),
      target: within('target', 0.1, 0.95),
      regions: whole('regions', 100),
      spread: within('spread', 1, 100),
    },
    seed: whole('seed', 2 ** 31),
    seconds: within('seconds', 0.1, 600),
    guestChanges: number('guest-changes'),
    processes: whole('processes', 1_000),
    guestsPerRoom: number('guests-per-room'),
    average: within('average', 0, 1),
    disk: within('disk', 1, 1e7),
    price: given.price === undefined ? undefined : number('price'),
    json: typeof given.json === 'string' ? given.json : undefined,
    measure: given.measure === true,
  }
}

function valuesOf(args: readonly string[]): Record<string, string | boolean | undefined> {
  const numbers = Object.keys(NUMBERS).map((name) => [name, { type: 'string' as const }])
  const options = {
    ...Object.fromEntries(numbers),
    json: { type: 'string' as const },
    measure: { type: 'boolean' as const },
  }
  try {
    return parseArgs({ args: [...args], options }).values as Record<string, string | boolean | undefined>
  } catch (error) {
    throw new Problem(`${(error as Error).message.split('.')[0]}: \`npm run simulate -- --help\` names the options.`)
  }
}
