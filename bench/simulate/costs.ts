import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../../stack/setup/problem.mjs'
import type { Results } from '../frame/results.ts'
import type { MeasuredRows } from './measure.ts'

/** The kinds of calls that are simulated. */
export const KINDS = ['create', 'get reservation', 'get guest', 'list stays', 'list reservations'] as const
export type Kind = (typeof KINDS)[number]

/** Where a call takes processor time. */
export const TIERS = ['gateway', 'service', 'postgres', 'redis'] as const
export type Tier = (typeof TIERS)[number]

/** Seconds of a processor that a call of each kind takes in each tier. */
export type Costs = Readonly<Record<Kind, Readonly<Record<Tier, number>>>>

/** The measured figure of each kind: of calls by the gateway where there is one, so that all tiers are of one run. */
const FIGURES: Readonly<Record<Kind, { readonly name: string; readonly gateway?: string }>> = {
  create: { name: 'gateway-create-reservation' },
  'get reservation': { name: 'get-reservation', gateway: 'gateway-get-guest' },
  'get guest': { name: 'gateway-get-guest' },
  'list stays': { name: 'gateway-list-stays' },
  'list reservations': { name: 'gateway-list-reservations' },
}
const BY_GATEWAY = 'gRPC by the gateway'
/** The most creates of one hotel a second. */
const ONE_HOTEL = { figure: 'creates-hotels', side: '1 hotel, 1 process' }

/** Reads what each call costs from the results of the bench. Throws a Problem that names what is not there. */
export function costsOf({ figures }: Results): Costs {
  const cpuOf = (figure: string, side?: string): Readonly<Record<string, number>> => {
    const sides = figures.find(({ name }) => name === figure)?.sides
    const cpu = (side === undefined ? sides?.[0] : sides?.find(({ name }) => name === side))?.cpu
    if (cpu === undefined) throw missing(figure)
    return cpu
  }
  const costs = KINDS.map((kind) => {
    const { name, gateway } = FIGURES[kind]
    const own: Readonly<Record<string, number>> =
      gateway === undefined
        ? cpuOf(name, BY_GATEWAY)
        : { ...cpuOf(name), gateway: cpuOf(gateway, BY_GATEWAY).gateway ?? 0 }
    return [kind, Object.fromEntries(TIERS.map((tier) => [tier, (own[tier] ?? 0) / 1_000]))]
  })
  return Object.fromEntries(costs)
}

/** How many creates a second one hotel takes: they are decided one group after another. */
export function hotelLimit({ figures }: Results): number {
  const side = figures.find(({ name }) => name === ONE_HOTEL.figure)?.sides.find(({ name }) => name === ONE_HOTEL.side)
  if (side === undefined) throw missing(ONE_HOTEL.figure)
  return side.median
}

function missing(figure: string): Problem {
  return new Problem(`The results of the bench have no figure ${figure}: run \`npm run bench\`.`)
}

/** The file of what `npm run simulate -- --measure` has measured. */
export const ROWS_FILE = path.join(import.meta.dirname, 'rows.json')

/** Reads the bytes of rows. Throws a Problem that says how to get them. */
export async function readRows(): Promise<MeasuredRows> {
  try {
    return JSON.parse(await readFile(ROWS_FILE, 'utf8')) as MeasuredRows
  } catch {
    throw new Problem('The bytes of rows are not known: run `npm run simulate -- --measure`.')
  }
}
