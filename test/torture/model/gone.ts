import type { Change, Evidence, Operation } from '../history/evidence.ts'
import { endOfEffect, startOf } from './book.ts'

/** What is deleted and restored: whether a guest or a room was gone during some time. */
export type Gone = {
  /** Whether it can have been gone at some moment of the interval. */
  maybe(id: string, start: number, end: number): boolean
  /** Whether it was gone at each moment of the interval, for all that anybody knows. */
  surely(id: string, start: number, end: number): boolean
}

type Span = { from: number; until: number }

/** Tells of guests and rooms by the changes of their services, each of which took place while its call was under way. */
export function goneOf({ final, operations }: Evidence): Gone {
  const byName = new Map(operations.map((operation) => [operation.name, operation]))
  const possible = new Map<string, Span[]>()
  const certain = new Map<string, Span[]>()
  for (const change of [...final.changes.guests, ...final.changes.rooms]) note(change, byName, possible, certain)
  // One that was agreed to and came to nothing that anybody knows of may hold the room all the same.
  const told = new Set([...final.changes.guests, ...final.changes.rooms].map(({ actor }) => actor))
  for (const operation of operations) {
    if (operation.method !== 'DeleteRoom' && operation.method !== 'DeleteGuest') continue
    if (told.has(operation.name)) continue
    const isKnown = operation.tries.every(({ outcome }) => outcome?.is === 'refused')
    const until = isKnown ? Math.max(...operation.tries.map(({ end }) => end ?? 0)) : Number.POSITIVE_INFINITY
    add(possible, operation.request.id, { from: startOf(operation), until })
  }
  return {
    maybe: (id, start, end) => (possible.get(id) ?? []).some(({ from, until }) => from <= end && start <= until),
    surely: (id, start, end) => (certain.get(id) ?? []).some(({ from, until }) => from <= start && end <= until),
  }
}

function note(
  { id, kind, actor }: Change,
  byName: ReadonlyMap<string, Operation>,
  possible: Map<string, Span[]>,
  certain: Map<string, Span[]>,
): void {
  const operation = byName.get(actor)
  if (operation === undefined || (kind !== 'DELETED' && kind !== 'UNDELETED')) return
  const [start, end] = [startOf(operation), endOfEffect(operation)]
  if (kind === 'DELETED') {
    add(possible, id, { from: start, until: Number.POSITIVE_INFINITY })
    if (end < Number.POSITIVE_INFINITY) add(certain, id, { from: end, until: Number.POSITIVE_INFINITY })
    return
  }
  const last = possible.get(id)?.at(-1)
  if (last !== undefined) last.until = end
  const sure = certain.get(id)?.at(-1)
  if (sure !== undefined) sure.until = Math.min(sure.until, start)
}

function add(spans: Map<string, Span[]>, id: string, span: Span): void {
  spans.set(id, [...(spans.get(id) ?? []), span])
}
