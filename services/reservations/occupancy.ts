import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Write } from '@hotel/runtime/resource/write'
import type { Leg } from './stay.ts'
import { type Conflict, roomNotAvailable, type Wish } from './unavailable.ts'

/** What holds nights: a reservation, a block, or a retired room itself. */
export type Holder = 'RESERVATION' | 'BLOCK' | 'RETIRED'

/** The legs that a reservation holds now. */
export async function heldLegs(em: EntityManager, hotel: string, reservation: string): Promise<Leg[]> {
  return query<Leg>(
    em,
    `select room_id as room, in_date as "inDate", out_date as "outDate" from occupancy
     where hotel_id = $1 and holder_id = $2 and holder = 'RESERVATION' order by in_date, room_id`,
    [hotel, reservation],
  )
}

/** Legs for one holder, in place of those it has; the legs of a hold lapse at a moment. */
export type Claim = {
  readonly id: string
  readonly holder?: Holder
  readonly legs: readonly Leg[]
  /** Of a holder that has nothing to be freed. */
  readonly isNew?: boolean
  readonly holdUntil?: Date | null | undefined
}

/**
 * Holds legs for reservations of a hotel, or other holders, in place of all that they hold: these are freed first, so that reservations can
 * trade rooms. Throws ROOM_NOT_AVAILABLE with what is in the way, and with the wish, if there is one to find alternatives
 * for; the caller's transaction then keeps the nights there were.
 */
export async function hold({ em, now }: Write, hotel: string, claims: readonly Claim[], wish?: Wish): Promise<void> {
  await release(
    em,
    hotel,
    claims.filter(({ isNew }) => isNew !== true),
  )
  const legs = claims.flatMap((claim, index) => claim.legs.map((leg) => ({ ...claim, ...leg, number: index + 1 })))
  const rows = await query<{ held: boolean; in_the_way: Conflict[] | null }>(
    em,
    'select held, in_the_way from hold_rooms($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [
      legs.map(({ number }) => number),
      legs.map(() => hotel),
      legs.map(({ id }) => id),
      legs.map(({ holder = 'RESERVATION' }) => holder),
      legs.map(({ room }) => room),
      legs.map(({ inDate }) => inDate),
      legs.map(({ outDate }) => outDate),
      legs.map(({ holdUntil }) => holdUntil?.toISOString() ?? null),
      now.toISOString(),
    ],
  )
  const refused = rows.filter(({ held }) => !held)
  if (refused.length > 0)
    throw roomNotAvailable(
      refused.flatMap(({ in_the_way }) => in_the_way ?? []),
      wish,
    )
}

/** Frees all nights of holders of a hotel: reservations unless they say otherwise. */
export async function release(
  em: EntityManager,
  hotel: string,
  holders: readonly Pick<Claim, 'id' | 'holder'>[],
): Promise<void> {
  if (holders.length === 0) return
  await query(em, 'select release_rooms($1, $2, $3)', [
    holders.map(() => hotel),
    holders.map(({ id }) => id),
    holders.map(({ holder = 'RESERVATION' }) => holder),
  ])
}
