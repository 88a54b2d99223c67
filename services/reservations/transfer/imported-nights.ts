import { query } from '@hotel/runtime/database/database'
import { precondition, type Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { type ImportRow, insertRows } from '@hotel/runtime/transfer/stored-rows'
import type { Holder } from '../nights/occupancy.ts'
import type { Leg } from '../nights/stay.ts'

type Outcome = { claim: number; held: boolean; in_the_way: Conflict[] | null }
type Conflict = { room: string; number: string; in_date: string; out_date: string; by: Holder; id: string }

/**
 * Stores new rows of a hotel that are not refused yet and whose nights, as `nightsOf` tells them, can be had, in their
 * order, each all or none; gives the refusals of all others.
 */
export async function storeHolders<Row extends ImportRow>(
  write: Write,
  { table, holder }: { readonly table: string; readonly holder: Holder },
  rows: readonly Row[],
  refused: ReadonlyMap<Row, Refusal>,
  nightsOf: (row: Row) => readonly Leg[],
): Promise<Map<Row, Refusal>> {
  const sound = rows.filter((row) => !refused.has(row))
  const held = await holdInBulk(write, sound, nightsOf, holder)
  await insertHolders(
    write,
    table,
    sound.filter((row) => !held.has(row)),
  )
  return new Map([...refused, ...held])
}

/** Takes the nights of new rows; gives the refusals of those that got none. */
async function holdInBulk<Row extends ImportRow>(
  { em, now }: Write,
  rows: readonly Row[],
  nightsOf: (row: Row) => readonly Leg[],
  holder: Holder,
): Promise<Map<Row, Refusal>> {
  const claims = rows.flatMap((row, claim) => nightsOf(row).map((leg) => ({ claim, row, leg })))
  const refusals = new Map<Row, Refusal>()
  if (claims.length === 0) return refusals
  const outcomes = await query<Outcome>(
    em,
    'select claim, held, in_the_way from hold_rooms_in_bulk($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [
      claims.map(({ claim }) => claim),
      claims.map(({ row }) => row.hotel_id),
      claims.map(({ row }) => row.id),
      claims.map(() => holder),
      claims.map(({ leg }) => leg.room),
      claims.map(({ leg }) => leg.inDate),
      claims.map(({ leg }) => leg.outDate),
      claims.map(({ row }) => (row.hold_until instanceof Date ? row.hold_until.toISOString() : null)),
      now.toISOString(),
    ],
  )
  for (const { claim, held, in_the_way } of outcomes)
    if (!held) refusals.set(rows[claim] as Row, notAvailable(in_the_way ?? []))
  return refusals
}

/** Rows that hold their nights: nothing may keep them out any more. */
async function insertHolders(write: Write, table: string, rows: readonly ImportRow[]): Promise<void> {
  const left = await insertRows(write, table, rows)
  if (left.length > 0) throw new Error(`${left.length} rows of ${table} hold their nights and were not inserted`)
}

const NAMES = { RESERVATION: 'reservation', BLOCK: 'room block', RETIRED: 'deleted room' } as const

/** Unlike the API's refusal, it names the conflicting holder: the person who imports has to fix one of the two. */
function notAvailable(conflicts: Conflict[]): Refusal {
  const told = conflicts.map(
    ({ number, in_date, out_date, by, id }) =>
      `room ${number} is held for the nights from ${in_date} to ${out_date} by the ${NAMES[by]} ${id}`,
  )
  const [{ room, in_date, out_date } = { room: '', in_date: '', out_date: '' }] = conflicts
  return precondition('ROOM_NOT_AVAILABLE', told.join('; '), { room, in_date, out_date })
}
