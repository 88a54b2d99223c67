import { type EntityManager, type Prepared, query } from '@hotel/runtime/database/database'
import type { Write } from '@hotel/runtime/resource/write'
import { type Conflict, type NoRoom, roomNotAvailable, type Wish } from './no-room.ts'
import type { Leg } from './stay.ts'

/** What holds nights: a reservation, a block, or a retired room itself. */
export type Holder = 'RESERVATION' | 'BLOCK' | 'RETIRED'

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
 * Holds legs for reservations of a hotel, or other holders, in place of all that they hold: these are freed first, so that
 * reservations can trade rooms. Throws ROOM_NOT_AVAILABLE with what is in the way, and with the wish, if there is one to find
 * alternatives for; then each has the nights it had.
 */
export async function hold(write: Write, hotel: string, claims: readonly Claim[], wish?: Wish): Promise<void> {
  await write.together(holdTogether, { hotel, claims, wish, at: write.now })
}

/** Frees all nights of holders of a hotel: reservations unless they say otherwise. */
export function release(write: Write, hotel: string, holders: readonly Omit<Claim, 'legs'>[]): Promise<void> {
  return hold(
    write,
    hotel,
    holders.map((holder) => ({ ...holder, legs: [] })),
  )
}

/** The claims of one write: it gets them all, or none. */
type Wanted = {
  readonly hotel: string
  readonly claims: readonly Claim[]
  readonly wish: Wish | undefined
  readonly at: Date
}

const HOLD: Prepared = {
  name: 'hold_rooms_instead',
  text: `select claim, held, in_the_way
         from hold_rooms_instead($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
}

/**
 * Holds for several writes of a hotel. Of two that want the same, the one whose first holder's id is the lesser comes first:
 * so the constraint decides in the order in which the feed tells of the changes.
 */
async function holdTogether(em: EntityManager, all: readonly Wanted[]): Promise<(undefined | NoRoom)[]> {
  const [{ hotel, at }] = all as [Wanted]
  const order = [...all.keys()].sort((a, b) => (firstOf(all[a]) < firstOf(all[b]) ? -1 : 1))
  const claims = order.flatMap((index, number) => (all[index]?.claims ?? []).map((claim) => ({ ...claim, number })))
  const freed = claims.filter(({ isNew }) => isNew !== true)
  const legs = claims.flatMap((claim) => claim.legs.map((leg) => ({ ...claim, ...leg })))
  const kindOf = ({ holder = 'RESERVATION' }: Pick<Claim, 'holder'>) => holder
  const rows = await query<{ claim: number; held: boolean; in_the_way: Conflict[] | null }>(em, HOLD, [
    hotel,
    freed.map(({ number }) => number),
    freed.map(({ id }) => id),
    freed.map(kindOf),
    legs.map(({ number }) => number),
    legs.map(({ id }) => id),
    legs.map(kindOf),
    legs.map(({ room }) => room),
    legs.map(({ inDate }) => inDate),
    legs.map(({ outDate }) => outDate),
    legs.map(({ holdUntil }) => holdUntil?.toISOString() ?? null),
    at.toISOString(),
  ])
  const results: (undefined | NoRoom)[] = all.map(() => undefined)
  for (const { claim, held, in_the_way } of rows) {
    const index = order[claim] ?? 0
    if (!held) results[index] = roomNotAvailable(in_the_way ?? [], all[index]?.wish)
  }
  return results
}

function firstOf(wanted: Wanted | undefined): string {
  return wanted?.claims[0]?.id ?? ''
}

/** Makes holds reservations for good: they have their nights, and only stop to lapse. */
export async function keepNights(write: Write, hotel: string, id: string): Promise<void> {
  await write.together(keepTogether, { hotel, id })
}

const KEEP: Prepared = {
  name: 'keep_nights',
  text: `update occupancy o set hold_until = null from unnest($2::uuid[]) as r (id)
         where o.hotel_id = $1 and o.holder_id = r.id and o.holder = 'RESERVATION'`,
}

async function keepTogether(em: EntityManager, all: readonly { hotel: string; id: string }[]): Promise<undefined[]> {
  await query(em, KEEP, [all[0]?.hotel, all.map(({ id }) => id)])
  return all.map(() => undefined)
}
