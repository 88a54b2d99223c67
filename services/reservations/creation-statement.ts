import { type EntityManager, type Prepared, query } from '@hotel/runtime/database/database'
import { databaseError } from '@hotel/runtime/database/database-error'
import { erasedKey, type Repeat } from '@hotel/runtime/resource/repeats'
import { FEEDS } from './feeds.ts'
import type { Conflict } from './unavailable.ts'

/** A new reservation whose fields keep their rules; what depends on others is decided with its group. */
export type NewReservation = {
  readonly id: string
  readonly hotel: string
  readonly guest: string
  /** Demanded of the rooms, or null for whichever they have. */
  readonly location: string | null
  readonly inDate: string
  readonly outDate: string
  /** By their ids, or so many of a type. */
  readonly rooms: readonly string[] | { readonly type: string; readonly count: number }
  readonly note: string | null
  readonly holdUntil: Date | null
  readonly actor: string
  /** The key of the call, which is the actor's. */
  readonly repeat: Repeat
}

/** What became of a new reservation; `create_reservations` in sql/creation.sql says what each means. */
export type Outcome =
  | { readonly outcome: 'MADE'; readonly place: string; readonly at: Date; readonly rooms: readonly string[] }
  | { readonly outcome: 'HELD'; readonly place: string; readonly inTheWay: readonly Conflict[] }
  | { readonly outcome: 'NO_ROOM'; readonly place: string; readonly free: number }
  | { readonly outcome: 'ASK' }

/** The same, or why there is none: another transaction has the hotel's head, or the database failed. */
export type Decided = Outcome | 'BUSY' | Error

type Row = {
  member: number
  outcome: Outcome['outcome'] | 'BUSY'
  place: string
  at: string
  given: string[]
  free: number
  in_the_way: Conflict[]
}

const CREATE: Prepared = {
  name: 'create_reservations',
  text: `select member, outcome, place, at, given, free, in_the_way
         from create_reservations($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
}

/**
 * Makes new reservations by one statement, which is one transaction unless the manager is in one. Gives the outcome of each;
 * throws the error of the database when it could decide none: `failedTogether` tells what that is to each.
 */
export async function decideTogether(
  em: EntityManager,
  group: readonly NewReservation[],
  clockOffset: number,
): Promise<Decided[]> {
  if (group.length === 0) return []
  const rows = await query<Row>(em, CREATE, [...parametersOf(group), clockOffset, FEEDS.guests, FEEDS.rooms])
  const outcomes: (Outcome | 'BUSY')[] = []
  for (const row of rows) outcomes[row.member - 1] = outcomeOf(row)
  return outcomes
}

/** What one of a group breaks, a row that somebody holds, or a conflict of the whole, is for each to meet alone. */
export function failedTogether(error: Error): Decided {
  return /^(22|23|40|55P03)/.test(databaseError(error)?.sqlState ?? '') ? { outcome: 'ASK' } : error
}

/** The arrays of create_reservations; those of ids, dates and the like as the text that Postgres reads, which needs no quotes. */
function parametersOf(group: readonly NewReservation[]): unknown[] {
  const each = (value: (member: NewReservation) => unknown) => group.map(value)
  const plain = (value: (member: NewReservation) => string | null) => `{${group.map((one) => value(one) ?? 'NULL')}}`
  return [
    plain(({ id }) => id),
    plain(({ hotel }) => hotel),
    plain(({ guest }) => guest),
    plain(({ location }) => location),
    plain(({ inDate }) => inDate),
    plain(({ outDate }) => outDate),
    each(({ rooms }) => ('type' in rooms ? null : `{${rooms}}`)),
    plain(({ rooms }) => ('type' in rooms ? rooms.type : null)),
    plain(({ rooms }) => ('type' in rooms ? String(rooms.count) : null)),
    each(({ note }) => note),
    plain(({ holdUntil }) => holdUntil?.toISOString() ?? null),
    each(({ actor }) => actor),
    each(({ repeat }) => repeat?.key ?? null),
    plain(({ repeat }) => (repeat === undefined ? null : `"${erasedKey(repeat.key)}"`)),
    each(({ repeat }) => repeat?.hash ?? null),
    each(({ repeat }) => repeat?.digest ?? null),
  ]
}

function outcomeOf({ outcome, place, at, given, free, in_the_way }: Row): Outcome | 'BUSY' {
  switch (outcome) {
    case 'MADE':
      return { outcome, place, at: new Date(at), rooms: given }
    case 'HELD':
      return { outcome, place, inTheWay: in_the_way }
    case 'NO_ROOM':
      return { outcome, place, free }
    default:
      return outcome === 'BUSY' ? outcome : { outcome }
  }
}
