import { type EntityManager, type Prepared, query } from '@hotel/runtime/database/database'
import type { Parameter, Texts } from '@hotel/runtime/database/text-query'
import { databaseError } from '@hotel/runtime/errors/database-error'
import { momentOf, textsOf } from '@hotel/runtime/read/row-values'
import { erasedKey, type Repeat } from '@hotel/runtime/resource/repeats'
import type { Conflict } from '../nights/no-room.ts'
import { FEEDS } from '../replicas/feeds.ts'

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
  /** Its number in another system, and which that is. */
  readonly externalId: string | null
  readonly source: string | null
  readonly actor: string
  /** The key of the call, which is the actor's. */
  readonly repeat: Repeat
}

/** What became of a new reservation; `create_reservations` in creation.sql says what each means. */
export type Outcome =
  | { readonly outcome: 'MADE'; readonly place: string; readonly at: Date; readonly rooms: readonly string[] }
  | { readonly outcome: 'HELD'; readonly place: string; readonly inTheWay: readonly Conflict[] }
  | { readonly outcome: 'NO_ROOM'; readonly place: string; readonly free: number }
  | { readonly outcome: 'TAKEN'; readonly place: string; readonly by: string }
  | { readonly outcome: 'ASK' }

/** The same, or why there is none: another transaction has the hotel's head, or the database failed. */
export type Decided = Outcome | 'BUSY' | Error

const CREATE: Prepared = {
  name: 'create_reservations',
  text: `select member::text, outcome, place::text, at::text, given::text, free::text, in_the_way::text
         from create_reservations($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
           $20, $21, $22, $23)`,
}

/** The same for a group of one hotel, whose server decides it as a whole where hotels are spread over several. */
const CREATE_OF_HOTEL: Prepared = {
  name: 'create_reservations_of_hotel',
  text: CREATE.text.replace('create_reservations(', 'create_reservations_of_hotel($24, '),
}

/** Runs a statement, which is one transaction or in one, and gives its rows. */
export type Run = (statement: Prepared, parameters: readonly Parameter[]) => Promise<readonly Texts[]>

/** Runs it in a manager's transaction. */
export function runIn(em: EntityManager): Run {
  return async (statement, parameters) => {
    const rows = await query<Record<string, string | null>>(em, statement, parameters)
    return rows.map((row) => Object.values(row))
  }
}

/** How a group is decided: by whose clock, how long it waits at a head, and whether each group is of one hotel. */
export type Deciding = { readonly clockOffset: number; readonly patienceMs: number; readonly isOfHotel: boolean }

/**
 * Makes new reservations by one statement. Gives the outcome of each; throws the error of the database when it could decide
 * none: `failedTogether` tells what that is to each. Where others have the heads of all hotels, it waits at the first of them
 * for so long.
 */
export async function decideTogether(
  run: Run,
  group: readonly NewReservation[],
  { clockOffset, patienceMs, isOfHotel }: Deciding,
): Promise<Decided[]> {
  const [first] = group
  if (first === undefined) return []
  const numbers = [group.map(({ externalId }) => externalId), group.map(({ source }) => source)]
  const heads = `{${[...new Set(group.map(({ hotel }) => hotel))]}}`
  const rows = await run(isOfHotel ? CREATE_OF_HOTEL : CREATE, [
    ...parametersOf(group),
    clockOffset,
    ...[FEEDS.guests, FEEDS.rooms],
    ...numbers,
    ...[heads, patienceMs],
    ...(isOfHotel ? [first.hotel] : []),
  ])
  const outcomes: (Outcome | 'BUSY')[] = []
  for (const row of rows) outcomes[Number(row[0]) - 1] = outcomeOf(row)
  return outcomes
}

/** What one of a group breaks, a row that somebody holds, or a conflict of the whole, is for each to meet alone. */
export function failedTogether(error: Error): Decided {
  return /^(22|23|40|55P03)/.test(databaseError(error)?.sqlState ?? '') ? { outcome: 'ASK' } : error
}

/** The arrays of create_reservations; those of ids, dates and the like as the text that Postgres reads, which needs no quotes. */
function parametersOf(group: readonly NewReservation[]): Parameter[] {
  const each = (value: (member: NewReservation) => string | null) => group.map(value)
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
    each(({ repeat }) => bytea(repeat?.hash)),
    each(({ repeat }) => bytea(repeat?.digest)),
  ]
}

/** Bytes as Postgres reads them. */
function bytea(bytes: Buffer | undefined): string | null {
  return bytes === undefined ? null : `\\x${bytes.toString('hex')}`
}

function outcomeOf([, outcome, place, at, given, free, inTheWay]: Texts): Outcome | 'BUSY' {
  switch (outcome) {
    case 'MADE':
      return { outcome, place: place ?? '', at: new Date(momentOf(at ?? '')), rooms: textsOf(given ?? '{}') }
    case 'HELD':
      return { outcome, place: place ?? '', inTheWay: JSON.parse(inTheWay ?? '[]') as Conflict[] }
    case 'NO_ROOM':
      return { outcome, place: place ?? '', free: Number(free) }
    case 'TAKEN':
      return { outcome, place: place ?? '', by: textsOf(given ?? '{}')[0] ?? '' }
    case 'ASK':
    case 'BUSY':
      return outcome === 'BUSY' ? outcome : { outcome }
    default:
      throw new Error(`create_reservations gave the outcome ${outcome}`)
  }
}
