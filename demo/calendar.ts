/** The days that the demo knows, around the day of its first run: half a year behind it, half a year ahead. */
export const DAYS_BEHIND = 182
export const DAYS_AHEAD = 183

/** Which room is free on which night: the nights are counted from the first day. */
export class Calendar {
  readonly #taken = new Map<string, Set<number>>()

  /** Whether a room is free on all nights from `night` on. */
  isFree(room: string, night: number, nights: number): boolean {
    const taken = this.#taken.get(room)
    return !Array.from({ length: nights }, (_, index) => night + index).some((each) => taken?.has(each))
  }

  take(room: string, night: number, nights: number): void {
    const taken = this.#taken.get(room) ?? new Set()
    for (let each = night; each < night + nights; each++) taken.add(each)
    this.#taken.set(room, taken)
  }
}

/** Which part of a city hotel is let on a night: fuller in summer and on Fridays, and the further ahead the less is booked yet. */
export function demandOf(date: Temporal.PlainDate, daysAhead: number): number {
  const season = 0.72 + 0.16 * Math.cos(((date.dayOfYear - 196) / 365) * 2 * Math.PI)
  const weekday = [0, -0.04, 0, 0.02, 0.04, 0.08, 0.07, -0.08][date.dayOfWeek] ?? 0
  const booked = daysAhead <= 0 ? 1 : 0.15 + 0.8 * Math.exp(-daysAhead / 45)
  return Math.min(0.97, (season + weekday) * booked)
}
