import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import type { HouseStore } from '../house-store.ts'
import type { Bar } from '../stay.ts'
import { barKeysOf, mayMove } from './bars.ts'
import { allowed, type Drag, NIGHT, ROW } from './geometry.ts'

/** A bar under the hand, or one whose change the server decides. */
export type Dragging = {
  readonly key: string
  readonly room: string
  readonly drag: Drag
  readonly saving: boolean
}

type Begun = {
  readonly bar: Bar
  readonly mode: Drag['mode']
  /** Where the hand took it, on the chart as a whole. */
  readonly x: number
  readonly y: number
}

type Options = {
  readonly store: HouseStore
  readonly mayChange: boolean
  /** Resolves when the server has decided. */
  readonly onDrag: (bar: Bar, drag: Drag) => Promise<void>
}

/** Less is a click by an unsteady hand. */
const LEAST_PX = 4
/** So near to an end a bar is stretched; a short one is moved at its begin. */
const END_PX = 8
const SHORT_PX = 24

/** Dragging of bars, heard at the chart's body: a bar itself needs nothing for it. */
export function useDrag({ store, mayChange, onDrag }: Options) {
  const [dragging, setDragging] = useState<Dragging>()
  const begun = useRef<Begun | undefined>(undefined)
  const moved = useRef(false)
  const pressed = useRef<EventTarget | undefined>(undefined)
  // Beside the state, which may be one move behind when the hand lets go.
  const last = useRef<Dragging | undefined>(undefined)
  const show = (next: Dragging | undefined) => {
    last.current = next
    setDragging(next)
  }
  const end = () => {
    begun.current = undefined
    show(undefined)
  }
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    moved.current = false
    pressed.current = event.target
    const keys = barKeysOf(event.target)
    const bar = keys && store.bar(keys.room, keys.key)
    // A finger scrolls the chart; it opens a stay to change it there.
    if (bar === undefined || last.current?.saving || event.button !== 0 || event.pointerType === 'touch') return
    if (!mayChange || !mayMove(bar)) return
    begun.current = { bar, mode: modeOf(event), ...placeOf(event) }
  }
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (begun.current === undefined) return
    const { bar, mode, ...from } = begun.current
    const { x, y } = placeOf(event)
    const [dx, dy] = [x - from.x, y - from.y]
    if (!moved.current && Math.abs(dx) + Math.abs(dy) <= LEAST_PX) return
    // Only now, as a click goes to the element that has captured the pointer.
    if (!moved.current) event.currentTarget.setPointerCapture(event.pointerId)
    moved.current = true
    const drag = allowed(bar, { mode, days: Math.round(dx / NIGHT), rows: Math.round(dy / ROW) })
    const before = last.current?.drag
    if (before?.days === drag.days && before.rows === drag.rows) return
    show({ key: bar.key, room: bar.room, drag, saving: false })
  }
  const onPointerUp = async () => {
    const bar = begun.current?.bar
    const done = last.current
    begun.current = undefined
    if (bar === undefined || done === undefined) return
    if (done.drag.days !== 0 || done.drag.rows !== 0) {
      show({ ...done, saving: true })
      await onDrag(bar, done.drag)
    }
    show(undefined)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && begun.current !== undefined) end()
  }
  return {
    dragging,
    /** Whether the click that comes now is the end of a drag. */
    wasDragged: () => moved.current,
    /** Whether the hand came down here, and not on something from which it then slid. */
    wasPressed: (target: EventTarget) => pressed.current === target,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: end },
    onKeyDown,
  }
}

/** Where the hand is on the chart as a whole, however far it is scrolled. */
function placeOf({ clientX, clientY, currentTarget }: PointerEvent<HTMLElement>) {
  const { left, top } = currentTarget.getBoundingClientRect()
  return { x: clientX - left, y: clientY - top }
}

function modeOf({ clientX, target }: PointerEvent<HTMLElement>): Drag['mode'] {
  const { left, right } = (target as Element).closest('.bar')?.getBoundingClientRect() ?? { left: 0, right: 0 }
  if (clientX > right - END_PX) return 'end'
  return clientX < left + END_PX && right - left > SHORT_PX ? 'start' : 'move'
}
