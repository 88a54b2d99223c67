import { invalidFields } from '@hotel/runtime/errors/refusal'

/** The longest stay, in nights. */
export const MOST_NIGHTS = 366

/** The dates of a stay: calendar dates YYYY-MM-DD, in_date <= out_date, at most 366 nights. */
export type Stay = { readonly inDate: string; readonly outDate: string }

/** A room held for the nights [inDate, outDate), at least one. */
export type Leg = { readonly room: string; readonly inDate: string; readonly outDate: string }

/** Throws INVALID_FIELD on `out_date` for dates in the wrong order or a stay that is too long. */
export function stay(inDate: string, outDate: string): Stay {
  if (outDate < inDate) throw invalidFields([{ field: 'out_date', description: `is before in_date, ${inDate}` }])
  const nights = daysBetween(inDate, outDate)
  if (nights > MOST_NIGHTS) {
    throw invalidFields([
      { field: 'out_date', description: `makes a stay of ${nights} nights: give at most ${MOST_NIGHTS} nights` },
    ])
  }
  return { inDate, outDate }
}

/** The day after the last night of a stay: day use holds the night of its day. */
export function endOf({ inDate, outDate }: Stay): string {
  return outDate > inDate ? outDate : dayAfter(inDate)
}

/** The day after a date. */
export function dayAfter(date: string): string {
  return Temporal.PlainDate.from(date).add({ days: 1 }).toString()
}

/** How many nights a stay holds: at least one. */
export function nightsOf(stay: Stay): number {
  return daysBetween(stay.inDate, endOf(stay))
}

/** How many days a date is after another; both exist. A day is of 24 hours in UTC, as which dates are read. */
function daysBetween(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / DAY_MS
}

const DAY_MS = 86_400_000

/** The legs of a stay that has not begun. */
export function legsOf(stay: Stay, rooms: readonly string[]): Leg[] {
  return rooms.map((room) => ({ room, inDate: stay.inDate, outDate: endOf(stay) }))
}

/**
 * The legs of a stay under way when its rooms or end change: nights slept stay where they were, other rooms begin
 * with the night of `today`.
 */
export function legsFrom(today: string, stay: Stay, rooms: readonly string[], before: readonly Leg[]): Leg[] {
  const end = endOf(stay)
  const tonight = today > stay.inDate ? today : stay.inDate
  const asked = new Set(rooms)
  const goOn = before.filter((leg) => asked.has(leg.room) && leg.outDate >= tonight && leg.inDate <= tonight)
  // The first of a room is the one that counts.
  const last = new Map(goOn.reverse().map((leg) => [leg.room, leg]))
  const kept = before
    .filter((leg) => last.get(leg.room) !== leg)
    .map((leg) => ({ ...leg, outDate: earlier(leg.outDate, earlier(tonight, end)) }))
  const now = rooms.map((room) => ({ room, inDate: last.get(room)?.inDate ?? tonight, outDate: end }))
  return [...kept, ...now].filter((leg) => leg.inDate < leg.outDate)
}

/** The legs that a guest who left on this date has had: no night from then on. */
export function legsUntil(date: string, legs: readonly Leg[]): Leg[] {
  return legs.map((leg) => ({ ...leg, outDate: earlier(leg.outDate, date) })).filter((leg) => leg.inDate < leg.outDate)
}

/** Whether two lists hold the same nights of the same rooms. */
export function sameLegs(a: readonly Leg[], b: readonly Leg[]): boolean {
  const texts = (legs: readonly Leg[]) => legs.map(({ room, inDate, outDate }) => `${room} ${inDate} ${outDate}`).sort()
  return texts(a).join() === texts(b).join()
}

function earlier(a: string, b: string): string {
  return a < b ? a : b
}
