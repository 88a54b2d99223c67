import { query } from '@hotel/runtime/database/database'
import { precondition, type Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { conflictOf } from '../desk/check-in.ts'
import type { Leg } from '../nights/stay.ts'
import { storeHolders } from './imported-nights.ts'
import type { LocalDates, ReservationRow } from './imported-reservation.ts'

type Refusals = ReadonlyMap<ReservationRow, Refusal>
/** A row's dates by its location's calendar, and the nights that it holds. */
type Known = {
  readonly datesOf: (row: ReservationRow) => LocalDates
  readonly nightsOf: (row: ReservationRow) => readonly Leg[]
}

/**
 * Stores new reservations of a hotel that are not refused yet, in their order: those whose nights can be had, and, of a guest
 * who is there, whose rooms are empty. Gives the refusals of all others.
 */
export async function storeReservations(
  write: Write,
  rows: readonly ReservationRow[],
  refused: Refusals,
  known: Known,
): Promise<Refusals> {
  let refusals = refused
  for (let rest = rows; rest.length > 0; ) {
    refusals = new Map([...refusals, ...(await occupied(write, rest, refusals, known))])
    const part = untilSecondGuest(rest, refusals)
    const held = await storeHolders(
      write,
      { table: 'reservation', holder: 'RESERVATION' },
      part,
      refusals,
      known.nightsOf,
    )
    refusals = new Map([...refusals, ...held])
    rest = rest.slice(part.length)
  }
  return refusals
}

/** The rows before the first one whose guest is in a room of another's: whether that is stored has to be known first. */
function untilSecondGuest(rows: readonly ReservationRow[], refused: Refusals): readonly ReservationRow[] {
  const entered = new Set<string>()
  for (const [index, row] of rows.entries()) {
    if (row.status !== 'CHECKED_IN' || refused.has(row)) continue
    if (row.rooms.some((room) => entered.has(room))) return rows.slice(0, index)
    for (const room of row.rooms) entered.add(room)
  }
  return rows
}

type Occupied = { index: number; room: string; number: string | null; until: string; reservation: string }

/** The refusals of rows whose guests are to be in rooms in which others are. */
async function occupied(
  { em }: Write,
  rows: readonly ReservationRow[],
  refused: Refusals,
  { datesOf }: Known,
): Promise<Refusals> {
  const guests = rows.filter((row) => row.status === 'CHECKED_IN' && !refused.has(row))
  const [first] = guests
  if (first === undefined) return new Map()
  const asked = guests.flatMap(({ rooms }, index) => rooms.map((room) => ({ index, room })))
  const found = await query<Occupied>(
    em,
    `select a.index, a.room, o.out_date::text as until, o.reservation_id as reservation, (
       select r.number from room r where r.hotel_id = $1 and r.id = a.room limit 1) as number
     from unnest($2::int[], $3::uuid[]) with ordinality as a (index, room, place) cross join lateral (
       select o.out_date, o.reservation_id from occupied_room o where o.hotel_id = $1 and o.room_id = a.room
       order by o.out_date desc limit 1) o
     order by a.place desc`,
    [first.hotel_id, asked.map(({ index }) => index), asked.map(({ room }) => room)],
  )
  // The last that is set is the first of its row.
  return new Map(
    found.map((other) => {
      const row = guests[other.index] as ReservationRow
      return [row, notEmpty(other, datesOf(row).today)]
    }),
  )
}

/** Unlike the API's refusal, it names the guest in the room: the person who imports has to fix one of the two. */
function notEmpty({ room, number, until, reservation }: Occupied, today: string): Refusal {
  const { in_date, out_date } = conflictOf(room, until, today)
  const message = `the guest of the reservation ${reservation} is CHECKED_IN to the room ${number}: check out one of the two guests`
  return precondition('ROOM_NOT_AVAILABLE', message, { room, in_date, out_date })
}
