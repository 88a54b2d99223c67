/** The hotel that the figures are about: the default one, with ids by number, from 0, so that whoever makes load knows them. */
export type FullHotel = {
  readonly hotel: string
  /** Where its rooms are. */
  readonly location: string
  readonly rooms: number
  readonly guests: number
  /** A location of as many rooms more, in each of which a guest arrived yesterday and leaves today. */
  readonly annex: string
  readonly annexRooms: number
  /** The day of the first stays, YYYY-MM-DD. */
  readonly today: string
  /** How many stays each room can be filled with. */
  readonly slots: number
}

/** One digit of the ids of each kind. */
const KINDS = {
  guest: 1,
  room: 2,
  reservation: 3,
  peer: 4,
  hotel: 5,
  location: 6,
  annexRoom: 7,
  arrival: 8,
  hotelRoom: 9,
  hotelGuest: 10,
} as const
export type Kind = keyof typeof KINDS

/**
 * The id of a resource by its number: of version 7, as if one of the kind had been made each millisecond. Ids that differ only
 * behind that would be alike to a GiST index, which sorts by their first 53 bits.
 */
export function idOf(kind: Kind, n: number): string {
  const time = `${timeOf(kind)}${n.toString(16).padStart(7, '0')}`
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

/** The same in SQL, of an expression. */
export function sqlIdOf(kind: Kind, n: string): string {
  return `('${timeOf(kind)}' || lpad(to_hex((${n})::bigint), 7, '0') || '70008000000000000000')::uuid`
}

/** The largest number of a kind. */
export const MOST_NUMBER = 2 ** 28 - 1

/** The number of an id, in SQL. */
export function sqlNumberOf(id: string): string {
  return `('x' || substr(replace(${id}::text, '-', ''), 6, 7))::bit(28)::bigint`
}

function timeOf(kind: Kind): string {
  return `0198${KINDS[kind].toString(16)}`
}

/** A day so many days after another, both YYYY-MM-DD. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/**
 * When stays are: each room has a slot of six days for each stay that it can be filled with. That takes the first two nights
 * of it, in two of three rooms one or two days later; a new stay takes the last two.
 */
export const SLOT_DAYS = 6
export const NEW_NIGHTS = 2
const NEW_AFTER_DAYS = 4
/** Has no factor in common with a number of slots. */
const STRIDE = 37

/** In which room a new stay is, and how many days after the first day it begins. */
export type NewStay = { readonly room: number; readonly day: number }

/**
 * The new stay of a number; all are different. First there is one in each room, then the next one in each; their dates are
 * far apart, as those of bookings are, until each slot has one, and then follow one another.
 */
export function newStay(n: number, { rooms, slots }: Pick<FullHotel, 'rooms' | 'slots'>): NewStay {
  const room = n % rooms
  const turn = Math.floor(n / rooms)
  const slot = turn < slots ? ((turn + room * 7) * STRIDE) % slots : turn
  return { room, day: slot * SLOT_DAYS + NEW_AFTER_DAYS }
}

/** The same for pgbench: sets `room` and `day` by `i`, `rooms` and `slots`. */
export const NEW_STAY_BY_PGBENCH = `\\set room :i % :rooms
\\set turn :i / :rooms
\\set slot case when :turn < :slots then ((:turn + :room * 7) * ${STRIDE}) % :slots else :turn end
\\set day :slot * ${SLOT_DAYS} + ${NEW_AFTER_DAYS}`

/** The same in SQL: the days, of an expression. */
export function sqlNewDay(n: string, { rooms, slots }: Pick<FullHotel, 'rooms' | 'slots'>): string {
  const slot = `case when ${n} / ${rooms} < ${slots} then (${n} / ${rooms} + ${n} % ${rooms} * 7) * ${STRIDE} % ${slots}
    else ${n} / ${rooms} end`
  return `((${slot}) * ${SLOT_DAYS} + ${NEW_AFTER_DAYS})::int`
}
