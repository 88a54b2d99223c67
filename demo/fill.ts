import { Batch, type Outcome, Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService, ServiceName } from '@hotel/stack/service-names'
import { sender } from '@hotel/transfer/sending/sending'
import type { TransferClient } from '../transfer/clients.ts'
import { makeGuests } from './guests.ts'
import type { DemoHotel } from './hotel-id.ts'
import { makeHouse } from './house.ts'
import { makeYear } from './year.ts'

/** What became of the demo's resources: some may be there since an earlier run, and changed since. */
export type Filled = { readonly created: number; readonly there: number; readonly refused: readonly string[] }

/** Rows of a batch, as an import sends them. */
const ROWS = 500

/** Imports the whole demo of a hotel's id, as of a day. What is there already stays as it is. */
export async function fill(
  clients: PerService<TransferClient>,
  { id: hotel, today }: DemoHotel,
  signal: AbortSignal,
  say: (words: string) => void,
): Promise<Filled> {
  const house = makeHouse(hotel, today)
  const guests = makeGuests(hotel, today)
  const year = makeYear({ house, guests, today }, Temporal.Now.instant())
  const lists: readonly (readonly [keyof Batch, ServiceName, readonly object[]])[] = [
    ['hotels', 'rooms', [house.hotel]],
    ['locations', 'rooms', house.locations],
    ['room_types', 'rooms', house.room_types],
    ['rooms', 'rooms', house.rooms],
    ['employees', 'rooms', house.employees],
    ['guests', 'guests', guests],
    ['room_blocks', 'reservations', year.room_blocks],
    ['reservations', 'reservations', year.reservations.map((reservation) => ({ reservation }))],
  ]
  let filled: Filled = { created: 0, there: 0, refused: [] }
  for (const [name, service, rows] of lists) {
    const outcomes = await send(clients[service], name, rows, signal)
    const one = counted(name, outcomes)
    say(`  ${name.replaceAll('_', ' ')}: ${one.created} created, ${one.there} already there`)
    filled = {
      created: filled.created + one.created,
      there: filled.there + one.there,
      refused: [...filled.refused, ...one.refused],
    }
  }
  return filled
}

/** Imports the rows of one list. */
export async function send(
  client: TransferClient,
  name: keyof Batch,
  rows: readonly object[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const store = sender(client, signal)
  const batches = Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, at) =>
    rows.slice(at * ROWS, (at + 1) * ROWS),
  )
  const outcomes: Outcome[] = []
  for (const batch of batches) {
    const encoded = batch.map((row) => Batch.encode(Batch.fromPartial({ [name]: [row] })).finish())
    outcomes.push(...(await store({ rows: encoded })))
  }
  return outcomes
}

/** An id that is taken is that of an earlier run, whose resource somebody has changed since. */
function counted(name: string, outcomes: readonly Outcome[]): Filled {
  const isThere = ({ kind, reason }: Outcome) => kind === Outcome_Kind.ALREADY_THERE || reason === 'ID_TAKEN'
  const refused = outcomes.filter((outcome) => outcome.kind === Outcome_Kind.REFUSED && !isThere(outcome))
  return {
    created: outcomes.filter(({ kind }) => kind === Outcome_Kind.CREATED).length,
    there: outcomes.filter(isThere).length,
    refused: refused.map(({ reason, message }) => `${name}: ${reason}, ${message}`),
  }
}
