import { type Bar, type Block, isLive, type Reservation, type Room } from '../stay.ts'

/** The last day of a retirement: after all others. */
const NO_END = '9999-12-31'

/** The days for which bars are drawn. */
export type Window = { readonly from: string; readonly to: string }

/** Whether a bar holds its room: the reservation of a lapsed hold does not. */
export function isHolding(bar: Bar, now: number): boolean {
  return bar.kind !== 'stay' || isLive(bar.reservation, now)
}

/** A reservation has a bar in each of its rooms. */
export function reservationBars(reservation: Reservation): readonly Bar[] {
  const { id, rooms, in_date, out_date } = reservation
  return rooms.map((room) => ({ key: `${id}-${room}`, room, in_date, out_date, kind: 'stay', reservation }))
}

export function blockBars(block: Block): readonly Bar[] {
  const { id, room, in_date, out_date } = block
  return [{ key: id, room, in_date, out_date, kind: 'block', block }]
}

/** A retired room takes nobody from a day on. */
export function retirementBar(room: string, from: string): Bar {
  return { key: `retired-${room}`, room, kind: 'retired', in_date: from, out_date: NO_END }
}

/** Whether some day of a bar is drawn. */
export function isWithin(bar: Bar, { from, to }: Window): boolean {
  return bar.out_date >= from && bar.in_date <= to
}

/** Whether a bar is a hold, whose time runs. */
export function isHold(bar: Bar): boolean {
  return bar.kind === 'stay' && bar.reservation.hold_until !== undefined
}

/** Whether a bar can be dragged: a stay that is not over. */
export function mayMove(bar: Bar): boolean {
  return bar.kind === 'stay' && bar.reservation.status !== 'CHECKED_OUT'
}

/** Whether both are of one reservation. */
export function isOfSame(one: Bar, other: Bar): boolean {
  return one.kind === 'stay' && other.kind === 'stay' && one.reservation.id === other.reservation.id
}

/** The room that is so many rows below a bar's own, or the last one there is. */
export function roomAt(rooms: readonly Room[], bar: Bar, below: number): string {
  const row = rooms.findIndex(({ id }) => id === bar.room) + below
  return rooms[Math.min(Math.max(row, 0), rooms.length - 1)]?.id ?? bar.room
}

/** The key of a bar's element, and of its room, as the chart finds it by what was clicked. */
export function barKeysOf(target: EventTarget): { readonly room: string; readonly key: string } | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('.bar') : null
  if (element === null) return undefined
  return { room: element.dataset.room ?? '', key: element.id.slice('bar-'.length) }
}
