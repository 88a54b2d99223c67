import { memo } from 'react'
import { formatDate } from '../../api/dates.ts'
import { label, messages } from '../../messages/index.ts'
import type { Bar } from '../stay.ts'
import { type Drag, dragged, place, ROW } from './geometry.ts'

const words = messages.deskPage
const STILL: Drag = { mode: 'move', days: 0, rows: 0 }

type Props = {
  readonly bar: Bar
  readonly roomNumber: string
  readonly first: number
  readonly reachable: boolean
  readonly movable: boolean
  /** So many pixels of it are out of sight on the left: its words begin after them. */
  readonly cut: number
  /** Of the guest of a stay, once it is known. */
  readonly guest: string | undefined
  /** Of a hold, whose time runs. */
  readonly now: number | undefined
  /** How far it is dragged at present. */
  readonly drag: Drag | undefined
  /** Whether the server decides at present. */
  readonly saving: boolean
}

/**
 * A stay, a block or a retirement in the chart. There are hundreds in sight, so that it keeps nothing itself: the chart hears
 * what is done with it.
 */
export const BarView = memo(function BarView(props: Props) {
  const { bar, roomNumber, first, reachable, movable, cut, drag, saving } = props
  const dates = drag === undefined ? bar : dragged(bar.in_date, bar.out_date, drag)
  const { left, width } = place(dates.in_date, dates.out_date, first)
  const { rows } = drag ?? STILL
  const text = textOf(props)
  const what = describe(props, text)
  return (
    <button
      type="button"
      id={`bar-${bar.key}`}
      className="bar"
      data-kind={kindOf(bar)}
      data-room={bar.room}
      data-movable={movable || undefined}
      data-dragging={(drag !== undefined && !saving) || undefined}
      data-saving={saving || undefined}
      style={{
        left,
        width,
        textIndent: cut || undefined,
        transform: rows === 0 ? undefined : `translateY(${rows * ROW}px)`,
      }}
      tabIndex={reachable ? 0 : -1}
      aria-label={nameOf(bar, what, roomNumber)}
      title={what}
    >
      {text}
    </button>
  )
})

function nameOf(bar: Bar, what: string, room: string): string {
  if (bar.kind === 'retired') return words.retiredBar(what, room, formatDate(bar.in_date))
  return words.bar(what, room, formatDate(bar.in_date), formatDate(bar.out_date))
}

function kindOf(bar: Bar): string {
  if (bar.kind !== 'stay') return bar.kind
  return bar.reservation.hold_until === undefined ? bar.reservation.status : 'HOLD'
}

function textOf({ bar, guest = '…', now }: Props): string {
  if (bar.kind === 'retired') return words.retired
  if (bar.kind === 'block') return bar.block.reason ?? words.block
  const { hold_until } = bar.reservation
  return hold_until === undefined ? guest : `${guest} · ${minutesLeft(hold_until, now)}`
}

/** Begins with what is written on the bar, so that it can be called by that. */
function describe({ bar }: Props, text: string): string {
  if (bar.kind === 'retired') return text
  if (bar.kind === 'block') return `${text}, ${words.block}`
  return `${text}, ${bar.reservation.hold_until === undefined ? label(bar.reservation.status) : words.holdOne}`
}

/** The time that a hold has left, to the minute. */
export function minutesLeft(holdUntil: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(holdUntil) - now) / 60_000))
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min`
}
