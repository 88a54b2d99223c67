import { memo, useEffect, useState, useSyncExternalStore } from 'react'
import { knownName, useNames } from '../../api/names.ts'
import type { HouseStore } from '../house-store.ts'
import type { Room } from '../stay.ts'
import { BarView } from './bar-view.tsx'
import { isHold, isHolding, isWithin, mayMove, type Window } from './bars.ts'
import { cutOf } from './geometry.ts'
import type { Dragging } from './use-drag.ts'

const HOLD_TICK_MS = 15_000

type Props = {
  readonly room: Room
  readonly store: HouseStore
  readonly top: number
  readonly first: number
  readonly window: Window
  /** Where what is in sight begins, as the chart lies at rest. */
  readonly sight: number
  readonly mayChange: boolean
  /** The key of the bar to which Tab goes, when it is in this room. */
  readonly reachable: string | undefined
  /** When a bar of this room is dragged. */
  readonly dragging: Dragging | undefined
}

/** The bars of one room in the days that are drawn. */
export const ChartRow = memo(function ChartRow(props: Props) {
  const { room, store, top, first, window, sight, mayChange, reachable, dragging } = props
  useNames()
  const bars = useSyncExternalStore(store.subscribe, () => store.allBarsOf(room.id))
  const near = bars.filter((bar) => isWithin(bar, window))
  const now = useNow(near.some(isHold))
  return (
    <div
      className="chart-row"
      style={{ transform: `translateY(${top}px)` }}
      data-raised={dragging !== undefined || undefined}
    >
      {near
        .filter((bar) => isHolding(bar, now))
        .map((bar) => {
          const isDragged = dragging?.key === bar.key
          return (
            <BarView
              key={bar.key}
              {...{ bar, first }}
              cut={cutOf(bar, first, sight)}
              roomNumber={room.number}
              guest={bar.kind === 'stay' ? knownName('guests', bar.reservation.guest) : undefined}
              movable={mayChange && mayMove(bar)}
              now={isHold(bar) ? now : undefined}
              reachable={bar.key === reachable}
              drag={isDragged ? dragging.drag : undefined}
              saving={isDragged && dragging.saving}
            />
          )
        })}
    </div>
  )
})

/** The time, now and then, as long as somebody needs it. */
function useNow(needed: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!needed) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), HOLD_TICK_MS)
    return () => clearInterval(timer)
  }, [needed])
  return now
}
