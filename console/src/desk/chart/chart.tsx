import './chart.css'
import { useVirtualizer, type VirtualItem, type Virtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { addDays, dateOf, dayNumber } from '../../api/dates.ts'
import { learnGuests } from '../../browse/names-of.ts'
import { messages } from '../../messages/index.ts'
import type { Bar, Room } from '../stay.ts'
import type { House } from '../use-house.ts'
import { barKeysOf, isWithin, type Window } from './bars.ts'
import { ChartHead } from './chart-head.tsx'
import { ChartRow } from './chart-row.tsx'
import { DAYS_BEFORE, type Drag, HEAD, NIGHT, NIGHTS, ROOM_COLUMN, ROW } from './geometry.ts'
import { useBarKeys } from './use-bar-keys.ts'
import { useDrag } from './use-drag.ts'

/**
 * Bars are drawn from some nights before those in sight to some after, and so many nights on at a time: seldom enough that
 * rows are not drawn again all the time, and often enough that a frame has few new bars.
 */
const STEP = 4
const MARGIN = 6
const REST_MS = 120

type Props = {
  readonly house: House
  readonly rooms: readonly Room[]
  readonly mayChange: boolean
  /** A date to bring into sight; a new object each time. */
  readonly goTo: { readonly date: string } | undefined
  readonly onOpen: (bar: Bar) => void
  readonly onFree: (room: Room, date: string) => void
  readonly onDrag: (bar: Bar, drag: Drag) => Promise<void>
  readonly onSeen: (from: string, to: string) => void
}

/** The tape chart: rooms by nights. Only what is in sight is drawn, of the rooms and of the nights. */
export function Chart({ house, rooms, mayChange, goTo, onOpen, onFree, onDrag, onSeen }: Props) {
  const { store, today } = house
  const version = useSyncExternalStore(store.subscribe, () => store.version)
  const scroller = useRef<HTMLElement>(null)
  const first = dayNumber(today) - DAYS_BEFORE
  const { rows, nights } = useVirtualizers(scroller, rooms.length)
  const seen = nights.getVirtualItems()
  const visibleRows = rows.getVirtualItems()
  const sight = useSight(nights)
  const window = useWindow(first, seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0)
  useEffect(() => onSeen(window.from, window.to), [window, onSeen])
  useEffect(() => {
    if (goTo !== undefined) nights.scrollToOffset((dayNumber(goTo.date) - first - 2) * NIGHT)
  }, [goTo, first, nights])

  const near = (row: number) => store.barsOf(rooms[row]?.id ?? '').filter((bar) => isWithin(bar, window))
  useNamesAtRest(visibleRows, window, version, near)
  const { dragging, handlers, wasDragged, wasPressed, onKeyDown: onDragKey } = useDrag({ store, mayChange, onDrag })
  const { reachable, onKeyDown } = useBarKeys({ store, rooms, mayChange, onDrag, onFree, first, rows, nights })
  const reached = tabStop(visibleRows, near, reachable, today)
  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    // A click of the keyboard has no detail.
    if (event.detail > 0 && wasDragged()) return
    const keys = barKeysOf(event.target)
    const bar = keys && store.bar(keys.room, keys.key)
    if (bar !== undefined) return onOpen(bar)
    if (!mayChange || event.target !== event.currentTarget || !wasPressed(event.target)) return
    const box = event.currentTarget.getBoundingClientRect()
    const room = rooms[Math.floor((event.clientY - box.top) / ROW)]
    const date = dateOf(first + Math.floor((event.clientX - box.left) / NIGHT))
    if (room !== undefined && room.delete_time === undefined && date >= addDays(today, -1)) onFree(room, date)
  }
  return (
    <section className="chart" ref={scroller} aria-label={messages.deskPage.chart} aria-describedby="chart-hint">
      <div className="chart-inner" style={{ width: ROOM_COLUMN + NIGHTS * NIGHT, height: HEAD + rooms.length * ROW }}>
        <ChartHead first={first} seen={seen} today={today} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: what is heard here is done to the buttons in it. */}
        <div
          className="chart-body"
          style={{ left: ROOM_COLUMN, top: HEAD, width: NIGHTS * NIGHT, height: rooms.length * ROW }}
          onClick={onClick}
          onKeyDown={(event) => [onDragKey(event), onKeyDown(event)]}
          {...handlers}
        >
          <div className="chart-today" style={{ left: DAYS_BEFORE * NIGHT, width: NIGHT }} />
          {visibleRows.map(({ index, start }) => {
            const room = rooms[index]
            return room === undefined ? null : (
              <ChartRow
                key={room.id}
                {...{ room, store, window, first, sight, mayChange }}
                top={start}
                reachable={reached?.room === room.id ? reached.key : undefined}
                dragging={dragging?.room === room.id ? dragging : undefined}
              />
            )
          })}
        </div>
        <div className="chart-rooms" style={{ top: HEAD }}>
          {visibleRows.map(({ index, start }) => (
            <div
              key={rooms[index]?.id}
              className="chart-room"
              style={{ transform: `translateY(${start}px)`, height: ROW }}
              data-retired={rooms[index]?.delete_time !== undefined || undefined}
            >
              {rooms[index]?.number}
            </div>
          ))}
        </div>
      </div>
    </section>
  )
}

function useVirtualizers(scroller: { readonly current: HTMLElement | null }, count: number) {
  // Both are drawn at once, in the next frame.
  const common = { getScrollElement: () => scroller.current, useFlushSync: false }
  const rows = useVirtualizer({ ...common, count, estimateSize: () => ROW, overscan: 8 })
  const nights = useVirtualizer({
    ...common,
    horizontal: true,
    count: NIGHTS,
    estimateSize: () => NIGHT,
    overscan: MARGIN,
    initialOffset: (DAYS_BEFORE - 2) * NIGHT,
  })
  return { rows, nights }
}

/** The days for which bars are drawn, of the nights whose heads are. */
function useWindow(first: number, firstSeen: number, lastSeen: number): Window {
  const from = Math.floor(firstSeen / STEP) * STEP
  const to = Math.ceil((lastSeen + 1) / STEP) * STEP
  return useMemo(() => ({ from: dateOf(first + from), to: dateOf(first + to) }), [first, from, to])
}

/** Where what is in sight begins, once the chart has come to rest: while it moves no bar is drawn again for it. */
function useSight({ isScrolling, scrollOffset }: Virtualizer<HTMLElement, Element>): number {
  const [sight, setSight] = useState(0)
  useEffect(() => {
    if (!isScrolling) setSight(scrollOffset ?? 0)
  }, [isScrolling, scrollOffset])
  return sight
}

/** Asks for the names of guests once the chart has come to rest: what flies past needs none. */
function useNamesAtRest(
  rows: readonly VirtualItem[],
  window: Window,
  version: number,
  near: (row: number) => readonly Bar[],
) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: when what is in sight changes, and not each time it is drawn.
  useEffect(() => {
    const drawn = () => rows.flatMap(({ index }) => near(index))
    const stays = () => drawn().flatMap((bar) => (bar.kind === 'stay' ? [bar.reservation] : []))
    const timer = setTimeout(() => void learnGuests(stays()), REST_MS)
    return () => clearTimeout(timer)
  }, [rows, window, version])
}

/** The bar to which Tab goes: the one that was reached last, or the first that is not over. */
function tabStop(
  rows: readonly VirtualItem[],
  near: (row: number) => readonly Bar[],
  reached: Bar | undefined,
  today: string,
): Bar | undefined {
  for (const { index } of rows) {
    const bars = near(index)
    const stop =
      reached === undefined ? bars.find((bar) => bar.out_date >= today) : bars.find(({ key }) => key === reached.key)
    if (stop !== undefined) return stop
  }
  return reached === undefined ? undefined : tabStop(rows, near, undefined, today)
}
