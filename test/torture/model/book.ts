import type { Change, Evidence, Operation } from '../history/evidence.ts'
import { endOf, type Fields, fieldsOfRow, holdsNights } from './fields.ts'

/** A reservation or block between two of its changes, by the steps of its hotel's feed. */
export type Version = Fields & {
  readonly resource: string
  /** The step at which it came, and the one at which it was another. */
  readonly since: number
  before: number
  readonly kind: string
  readonly actor: string
  /** Of the change, in milliseconds. */
  readonly time: number
}

/** Steps of a feed, both included. */
export type Window = { readonly first: number; readonly last: number }

/** All that a hotel's feed says of reservations and blocks, in its order. */
export type Book = {
  readonly hotel: string
  readonly changes: readonly Change[]
  readonly versions: ReadonlyMap<string, readonly Version[]>
  /** Versions that hold nights, by room. */
  readonly byRoom: ReadonlyMap<string, readonly Version[]>
  /** The step that a change belongs to, by its number. */
  stepOf(seq: number): number
  /**
   * The steps at which a call of this interval can have looked: not before any that was acknowledged before it began, nor
   * after any that was asked for once it had ended.
   */
  window(start: number, end: number): Window
}

/** Makes the books of all hotels. Changes of one call make one step: nobody sees the one without the other. */
export function booksOf({ final, operations }: Evidence): Map<string, Book> {
  const byName = new Map(operations.map((operation) => [operation.name, operation]))
  const hotels = Map.groupBy(final.changes.reservations, ({ hotel }) => hotel)
  return new Map([...hotels].map(([hotel, changes]) => [hotel, bookOf(hotel, changes, byName)]))
}

function bookOf(hotel: string, changes: readonly Change[], byName: ReadonlyMap<string, Operation>): Book {
  const steps = stepsOf(changes)
  const versions = new Map<string, Version[]>()
  const byRoom = new Map<string, Version[]>()
  for (const { seq, resource, id, kind, actor, time, payload } of changes) {
    const since = steps.get(seq) ?? seq
    const own = versions.get(id) ?? []
    const last = own.at(-1)
    if (last !== undefined) last.before = since
    const version: Version = {
      ...fieldsOfRow(resource, payload),
      resource,
      since,
      before: Number.POSITIVE_INFINITY,
      kind,
      actor,
      time: new Date(time).getTime(),
    }
    versions.set(id, [...own, version])
    if (!holdsNights(version)) continue
    for (const room of version.rooms) byRoom.set(room, [...(byRoom.get(room) ?? []), version])
  }
  return {
    hotel,
    changes,
    versions,
    byRoom,
    stepOf: (seq) => steps.get(seq) ?? seq,
    window: windows(changes, steps, byName),
  }
}

function stepsOf(changes: readonly Change[]): Map<number, number> {
  const steps = new Map<number, number>()
  let group: Change[] = []
  const close = () => {
    for (const { seq } of group) steps.set(seq, group.at(-1)?.seq ?? seq)
  }
  for (const change of changes) {
    const last = group.at(-1)
    const isSame =
      last !== undefined && last.actor === change.actor && last.time === change.time && last.actor !== 'system'
    if (!isSame) {
      close()
      group = []
    }
    group.push(change)
  }
  close()
  return steps
}

function windows(
  changes: readonly Change[],
  steps: ReadonlyMap<number, number>,
  byName: ReadonlyMap<string, Operation>,
): Book['window'] {
  const effects = changes.map(({ seq, actor }) => ({ step: steps.get(seq) ?? seq, ...intervalOf(actor, byName) }))
  const byEnd = effects.toSorted((a, b) => a.end - b.end)
  const latest: number[] = []
  for (const { step } of byEnd) latest.push(Math.max(latest.at(-1) ?? 0, step))
  const byStart = effects.toSorted((a, b) => b.start - a.start)
  const earliest: number[] = []
  for (const { step } of byStart) earliest.push(Math.min(earliest.at(-1) ?? Number.POSITIVE_INFINITY, step))
  const last = changes.at(-1)?.seq ?? 0
  return (start, end) => {
    const before = countUntil(byEnd, (effect) => effect.end < start)
    const after = countUntil(byStart, (effect) => effect.start > end)
    const next = after === 0 ? last + 1 : (earliest[after - 1] ?? last + 1)
    return { first: before === 0 ? 0 : (latest[before - 1] ?? 0), last: Math.min(next - 1, last) }
  }
}

/** How many of the items, from the first on, are so; none after is. */
function countUntil<T>(items: readonly T[], isSo: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isSo(items[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}

/** When what an actor has caused can have happened. The system may do so at any time; the world was made before. */
function intervalOf(actor: string, byName: ReadonlyMap<string, Operation>): { start: number; end: number } {
  const operation = byName.get(actor)
  if (operation !== undefined) return { start: startOf(operation), end: endOfEffect(operation) }
  return { start: Number.NEGATIVE_INFINITY, end: actor === 'world' ? -1 : Number.POSITIVE_INFINITY }
}

/** When an operation was sent first. */
export function startOf({ tries }: Operation): number {
  return tries[0]?.start ?? Number.POSITIVE_INFINITY
}

/** By when its effect is there, if it has one: when it was acknowledged first; never for what was not. */
export function endOfEffect({ tries }: Operation): number {
  const ends = tries.flatMap(({ outcome, end }) => (outcome?.is === 'ok' && end !== undefined ? [end] : []))
  return Math.min(Number.POSITIVE_INFINITY, ...ends)
}

/** The version of a resource at a step; undefined before it was made. */
export function versionAt(book: Book, id: string, step: number): Version | undefined {
  return book.versions.get(id)?.findLast(({ since }) => since <= step)
}

/** Whether two stays share a night. */
export function shareNight(one: Pick<Fields, 'from' | 'until'>, other: Pick<Fields, 'from' | 'until'>): boolean {
  return one.from < endOf(other) && other.from < endOf(one)
}
