import { precondition } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { type Conflict, type NoRoom, roomNotAvailable, type Wish } from '../nights/no-room.ts'
import { dayAfter, endOf, type Stay } from '../nights/stay.ts'
import type { FoundParties } from '../reservation/found.ts'
import type { Status } from '../reservation/reservation.ts'

/**
 * Throws CHECK_IN_TOO_EARLY or CHECK_IN_TOO_LATE, with the remedy, unless a stay may begin today: from its first day until
 * the day after its last, as a guest may come at night and be entered in the morning.
 */
export function demandCheckInDay({ inDate, outDate }: Stay, today: string, remedy: string): void {
  if (today < inDate) {
    throw precondition('CHECK_IN_TOO_EARLY', `check-in is possible from ${inDate} on, and it is ${today}`, {
      in_date: inDate,
      today,
    })
  }
  if (today > dayAfter(outDate)) {
    const message = `the stay ended on ${outDate}, check-in was possible until the day after, and it is ${today}: ${remedy}`
    throw precondition('CHECK_IN_TOO_LATE', message, { out_date: outDate, today })
  }
}

/** The guest of a reservation who is to be in these rooms from today on. */
export type Entry = {
  /** Of the reservation. */
  readonly id: string
  readonly rooms: readonly string[]
  readonly stay: Stay
  readonly today: string
  /** The request for alternatives, if this is refused. */
  readonly wish?: Wish
}

/** The rooms which a guest enters when a reservation with a status and rooms is to have others. */
export function roomsEntered(from: Status, before: readonly string[], to: Status, rooms: readonly string[]): string[] {
  if (to !== 'CHECKED_IN') return []
  return rooms.filter((room) => from !== 'CHECKED_IN' || !before.includes(room))
}

/** Throws ROOM_NOT_AVAILABLE when another guest is in one of the rooms: until the check-out it is not empty. */
export function demandEmpty({ rooms: known }: FoundParties, { rooms, today, wish }: Omit<Entry, 'id' | 'stay'>): void {
  const occupied = known.flatMap(({ id, occupiedUntil }) =>
    rooms.includes(id) && occupiedUntil !== null ? [conflictOf(id, occupiedUntil, today)] : [],
  )
  if (occupied.length > 0) throw roomNotAvailable(occupied, wish)
}

/** Throws ROOM_NOT_AVAILABLE when a night of these dates is tonight, and a guest who was to leave is still in a room. */
export function demandEmptyTonight(
  found: FoundParties & { readonly today: string | null },
  rooms: readonly string[],
  dates: Stay,
): void {
  const { today } = found
  if (today === null || today < dates.inDate || today >= endOf(dates)) return
  const overstayed = found.rooms.filter(({ occupiedUntil }) => occupiedUntil !== null && occupiedUntil <= today)
  demandEmpty({ ...found, rooms: overstayed }, { rooms, today })
}

/** The conflict with a guest in the room whose last night ends on this date, for a write that needs the room today. */
export function conflictOf(room: string, occupiedUntil: string, today: string): Conflict {
  const conflict = { room, in_date: today, by: 'RESERVATION' }
  if (occupiedUntil > today) return { ...conflict, out_date: occupiedUntil }
  return { ...conflict, out_date: dayAfter(today), overSince: occupiedUntil }
}

/**
 * Lets a guest into rooms that are empty. Of those who enter one room in the same transaction the one with the least id of
 * a reservation is first; the others get ROOM_NOT_AVAILABLE. It comes before any nights are taken: should these not be had,
 * all of the transaction decide anew.
 */
export async function enter(write: Write, entry: Entry): Promise<void> {
  if (entry.rooms.length > 0) await write.together(enterTogether, entry)
}

async function enterTogether(_: unknown, all: readonly Entry[]): Promise<(undefined | NoRoom)[]> {
  const first = new Map<string, Entry>()
  const results = new Map<Entry, NoRoom>()
  for (const entry of all.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const lost = entry.rooms.flatMap((room) => {
      const other = first.get(room)
      return other === undefined ? [] : [conflictOf(room, endOf(other.stay), entry.today)]
    })
    if (lost.length > 0) results.set(entry, roomNotAvailable(lost, entry.wish))
    else for (const room of entry.rooms) first.set(room, entry)
  }
  return all.map((entry) => results.get(entry))
}
