import { type EntityManager, query } from '@hotel/runtime/database'
import { precondition } from '@hotel/runtime/refusal'
import type { Leg } from './stay.ts'

/** What holds nights: a reservation, a block, or a retired room itself. */
export type Holder = 'RESERVATION' | 'BLOCK' | 'RETIRED'

/** The legs that a reservation holds now. */
export async function heldLegs(em: EntityManager, hotel: string, reservation: string): Promise<Leg[]> {
  return query<Leg>(
    em,
    `select room_id as room, in_date as "inDate", out_date as "outDate" from occupancy
     where hotel_id = $1 and holder_id = $2 order by in_date, room_id`,
    [hotel, reservation],
  )
}

type Outcome = { held: boolean; in_the_way: Conflict[] | null }
type Conflict = { room: string; in_date: string; out_date: string; by: string }

/**
 * Holds these legs for a reservation or another holder, in place of those it holds. Throws ROOM_NOT_AVAILABLE with what is in the way; the
 * caller's transaction then keeps the nights there were.
 */
export async function hold(
  em: EntityManager,
  hotel: string,
  id: string,
  legs: readonly Leg[],
  holder: Holder = 'RESERVATION',
): Promise<void> {
  await release(em, hotel, id)
  if (legs.length === 0) return
  const each = <T>(value: T) => legs.map(() => value)
  const [outcome] = await query<Outcome>(em, 'select held, in_the_way from hold_rooms($1, $2, $3, $4, $5, $6, $7)', [
    each(1),
    each(hotel),
    each(id),
    each(holder),
    legs.map((leg) => leg.room),
    legs.map((leg) => leg.inDate),
    legs.map((leg) => leg.outDate),
  ])
  if (outcome?.held !== true) throw roomNotAvailable(outcome?.in_the_way ?? [])
}

/** Frees all nights of a holder. */
export async function release(em: EntityManager, hotel: string, reservation: string): Promise<void> {
  await query(em, 'select release_rooms($1, $2)', [[hotel], [reservation]])
}

function roomNotAvailable(conflicts: Conflict[]): Error {
  const first = conflicts[0]
  const nights = ({ in_date, out_date }: Conflict) => `the nights from ${in_date} to ${out_date}`
  return precondition(
    'ROOM_NOT_AVAILABLE',
    first === undefined ? 'a room is held for some of the nights' : `room ${first.room} is held for ${nights(first)}`,
    first === undefined ? {} : { room: first.room, in_date: first.in_date, out_date: first.out_date },
    conflicts.map((conflict) => ({
      type: conflict.by,
      subject: `rooms/${conflict.room}`,
      description: `held for ${nights(conflict)}`,
    })),
  )
}
