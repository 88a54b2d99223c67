import { addDays, dayNumber } from '../../api/dates.ts'
import type { Bar } from '../stay.ts'

export const NIGHT = 44
export const ROW = 30
export const ROOM_COLUMN = 92
export const HEAD = 44
/** The chart begins so many days before today, and shows so many nights. */
export const DAYS_BEFORE = 30
export const NIGHTS = 396

/** Where a bar lies, within the chart: guests come and leave in the middle of a day, so a stay begins where another ended. */
export function place(
  inDate: string,
  outDate: string,
  first: number,
): { readonly left: number; readonly width: number } {
  const from = dayNumber(inDate) - first + 0.5
  const to = inDate === outDate ? from + 0.45 : dayNumber(outDate) - first + 0.5
  const [begin, end] = [Math.max(from, 0), Math.min(to, NIGHTS)]
  return { left: begin * NIGHT + 1, width: (end - begin) * NIGHT - 2 }
}

/** How much of a bar lies left of what is in sight; 0 where no words would fit in the rest. */
export function cutOf({ in_date, out_date }: Bar, first: number, sight: number): number {
  const { left, width } = place(in_date, out_date, first)
  const cut = Math.round(sight - left)
  return cut > 0 && cut < width - NIGHT ? cut : 0
}

/** How a drag changes a bar: the whole of it, its first or its last day; and by how many rows. */
export type Drag = { readonly mode: 'move' | 'start' | 'end'; readonly days: number; readonly rows: number }

/** The part of a drag that may be asked for: only a move changes the room, and the first day of a guest in house stays. */
export function allowed(bar: Bar, { mode, days, rows }: Drag): Drag {
  const hasCome = bar.kind === 'stay' && bar.reservation.status !== 'PENDING'
  const to = hasCome && mode === 'start' ? 'move' : mode
  return { mode: to, days: hasCome && to === 'move' ? 0 : days, rows: to === 'move' ? rows : 0 }
}

/** The dates after a drag; a stay ends on its first day at the earliest. */
export function dragged(
  inDate: string,
  outDate: string,
  { mode, days }: Drag,
): { readonly in_date: string; readonly out_date: string } {
  if (mode === 'move') return { in_date: addDays(inDate, days), out_date: addDays(outDate, days) }
  if (mode === 'start') {
    const in_date = addDays(inDate, days)
    return { in_date: in_date > outDate ? outDate : in_date, out_date: outDate }
  }
  const out_date = addDays(outDate, days)
  return { in_date: inDate, out_date: out_date < inDate ? inDate : out_date }
}
