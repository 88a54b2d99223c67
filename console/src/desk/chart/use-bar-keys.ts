import type { Virtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { dayNumber } from '../../api/dates.ts'
import type { HouseStore } from '../house-store.ts'
import type { Bar, Room } from '../stay.ts'
import { barKeysOf, isOfSame, mayMove, roomAt } from './bars.ts'
import { allowed, type Drag, NIGHT } from './geometry.ts'
import { neighbour } from './neighbour.ts'

type Axis = Virtualizer<HTMLElement, Element>
type Options = {
  readonly store: HouseStore
  readonly rooms: readonly Room[]
  readonly mayChange: boolean
  readonly onDrag: (bar: Bar, drag: Drag) => Promise<void>
  readonly onFree: (room: Room, date: string) => void
  /** The number of the chart's first day. */
  readonly first: number
  readonly rows: Axis
  readonly nights: Axis
}

/**
 * The chart by the keyboard: the arrow keys go from bar to bar, also to one that is not drawn yet; with Alt they move a stay,
 * with Alt and Shift they stretch it, and Insert begins a reservation where the bar ends.
 */
export function useBarKeys({ store, rooms, mayChange, onDrag, onFree, first, rows, nights }: Options) {
  const [reachable, setReachable] = useState<Bar>()
  const wanted = useRef<string | undefined>(undefined)
  const moves = useRef<{ last: Promise<Bar | undefined>; waiting: number }>({
    last: Promise.resolve(undefined),
    waiting: 0,
  })
  useEffect(() => {
    if (wanted.current === undefined) return
    const element = document.getElementById(`bar-${wanted.current}`)
    if (element === null) return
    wanted.current = undefined
    element.focus({ preventScroll: true })
  })
  const goTo = (bar: Bar, row: number) => {
    setReachable(bar)
    wanted.current = bar.key
    rows.scrollToIndex(row)
    const at = dayNumber(bar.in_date) - first
    const { startIndex = 0, endIndex = 0 } = nights.range ?? {}
    if (at < startIndex || at > endIndex - 2) nights.scrollToOffset((at - 3) * NIGHT)
  }
  const move = async (bar: Bar, drag: Drag): Promise<Bar | undefined> => {
    await onDrag(bar, drag)
    const room = roomAt(rooms, bar, drag.rows)
    const moved = store.barsOf(room).find((each) => isOfSame(each, bar)) ?? store.bar(bar.room, bar.key)
    // In another room it is another element, and on other nights it may be out of sight. The focus goes with it, unless it has left.
    const focused = barKeysOf(document.activeElement ?? document.body)?.key
    const isFocused = focused === undefined ? document.activeElement === document.body : focused === bar.key
    if (moved !== undefined && isFocused)
      goTo(
        moved,
        rooms.findIndex(({ id }) => id === moved.room),
      )
    return moved
  }
  /** One move after another, each about the stay as the one before has left it. A key that is held down waits for none. */
  const moveNext = (pressedOn: Bar, drag: Drag, isHeld: boolean) => {
    const line = moves.current
    if (isHeld && line.waiting > 0) return
    const before = line.waiting > 0 ? line.last : Promise.resolve(undefined)
    line.waiting += 1
    line.last = before
      .then(async (left) => {
        const bar = left !== undefined && isOfSame(left, pressedOn) ? left : pressedOn
        const asked = allowed(bar, drag)
        return mayMove(bar) && (asked.days !== 0 || asked.rows !== 0) ? await move(bar, asked) : bar
      })
      .finally(() => (line.waiting -= 1))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const keys = barKeysOf(event.target)
    const bar = keys && store.bar(keys.room, keys.key)
    if (bar === undefined) return
    const drag = dragOf(event)
    if (drag !== undefined) {
      event.preventDefault()
      if (mayChange) moveNext(bar, drag, event.repeat)
      return
    }
    if (event.key === 'Insert' && mayChange) {
      const room = rooms.find(({ id }) => id === bar.room)
      if (room !== undefined && room.delete_time === undefined) onFree(room, bar.out_date)
      return
    }
    const next = neighbour(store, rooms, bar, event.key)
    if (next === undefined) return
    event.preventDefault()
    goTo(next.bar, next.row)
  }
  return { reachable, onKeyDown }
}

/** With Alt the arrows move a stay, with Alt and Shift they stretch its end. */
function dragOf({ key, altKey, shiftKey }: KeyboardEvent): Drag | undefined {
  if (!altKey) return undefined
  const days = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0
  const rows = shiftKey ? 0 : key === 'ArrowUp' ? -1 : key === 'ArrowDown' ? 1 : 0
  return days === 0 && rows === 0 ? undefined : { mode: shiftKey ? 'end' : 'move', days, rows }
}
