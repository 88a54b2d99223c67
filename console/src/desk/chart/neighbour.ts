import { dayNumber } from '../../api/dates.ts'
import type { HouseStore } from '../house-store.ts'
import type { Bar, Room } from '../stay.ts'

/** The bar to which an arrow key goes: the one before or after in the room, or the nearest of the next room that has some. */
export function neighbour(
  store: HouseStore,
  rooms: readonly Room[],
  bar: Bar,
  key: string,
): { readonly bar: Bar; readonly row: number } | undefined {
  const row = rooms.findIndex(({ id }) => id === bar.room)
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const bars = store.barsOf(bar.room)
    const next = bars[bars.findIndex((each) => each.key === bar.key) + (key === 'ArrowLeft' ? -1 : 1)]
    return next === undefined ? undefined : { bar: next, row }
  }
  const step = key === 'ArrowUp' ? -1 : key === 'ArrowDown' ? 1 : 0
  for (let at = row + step; step !== 0 && at >= 0 && at < rooms.length; at += step) {
    const distance = (each: Bar) => Math.abs(dayNumber(each.in_date) - dayNumber(bar.in_date))
    const nearest = store
      .barsOf(rooms[at]?.id ?? '')
      .reduce<Bar | undefined>(
        (best, each) => (best === undefined || distance(each) < distance(best) ? each : best),
        undefined,
      )
    if (nearest !== undefined) return { bar: nearest, row: at }
  }
  return undefined
}
