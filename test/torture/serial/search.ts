import { hash } from 'node:crypto'

/** A call with the time in which it took effect, if it did. */
export type Interval = { readonly start: number; readonly end: number }

/** How a search has ended: an order was found, none is possible, or it was given up. */
export type Search<Event> =
  | { readonly is: 'FOUND'; readonly order: readonly Event[] }
  /** `furthest` is the longest order that is possible; each of `blocked` would have to come next. */
  | { readonly is: 'NONE'; readonly furthest: readonly Event[]; readonly blocked: readonly Event[] }
  | { readonly is: 'GIVEN UP' }

/** What is searched: how a state follows another by an event, and a text that is the same for the same state. */
export type Model<State, Event> = {
  readonly initial: State
  after(state: State, event: Event): State | undefined
  textOf(state: State): string
}

type Node<State, Event> = {
  readonly state: State
  readonly event: Event | undefined
  readonly parent: Node<State, Event> | undefined
  /** How many of the events that have an end are done. */
  readonly depth: number
  /** All events before this place are done, and those in `done` after it. */
  readonly from: number
  readonly done: ReadonlySet<number>
}

/**
 * Looks for an order of events, one after another, in which each had the outcome that it was told, and none comes before one
 * that had ended before it began (Wing and Gong, 1993; states that were seen at the same place are not looked at again, as
 * Lowe, 2017, does). An event without an end may come at any time or never. Gives up after so many states.
 */
export function serialOrder<State, Event extends Interval>(
  events: readonly Event[],
  model: Model<State, Event>,
  most = 400_000,
): Search<Event> {
  const sorted = events.toSorted((a, b) => a.start - b.start)
  const needed = sorted.filter(({ end }) => end < Number.POSITIVE_INFINITY).length
  const root: Node<State, Event> = {
    state: model.initial,
    event: undefined,
    parent: undefined,
    depth: 0,
    from: 0,
    done: new Set(),
  }
  const stack = [root]
  const seen = new Set<string>()
  let furthest = root
  for (let looked = 0; stack.length > 0; looked++) {
    if (looked > most) return { is: 'GIVEN UP' }
    const node = stack.pop() as Node<State, Event>
    if (node.depth === needed) return { is: 'FOUND', order: orderOf(node) }
    if (node.depth > furthest.depth) furthest = node
    // The last pushed is looked at first: the one that ended first.
    for (const index of next(sorted, node).toReversed()) {
      const event = sorted[index] as Event
      const state = model.after(node.state, event)
      if (state === undefined) continue
      const child = {
        ...advance(node, index),
        state,
        event,
        parent: node,
        depth: node.depth + (event.end < Number.POSITIVE_INFINITY ? 1 : 0),
      }
      const key = hash('sha1', `${child.from} ${[...child.done].sort((a, b) => a - b)} ${model.textOf(state)}`)
      if (seen.has(key)) continue
      seen.add(key)
      stack.push(child)
    }
  }
  const blocked = next(sorted, furthest).map((index) => sorted[index] as Event)
  return { is: 'NONE', furthest: orderOf(furthest), blocked }
}

/** Events that can come next: begun before any that is left has ended. */
function next<State, Event extends Interval>(sorted: readonly Event[], { from, done }: Node<State, Event>): number[] {
  const open: number[] = []
  let firstEnd = Number.POSITIVE_INFINITY
  for (let index = from; index < sorted.length; index++) {
    const { start, end } = sorted[index] as Event
    if (start > firstEnd) break
    if (done.has(index)) continue
    open.push(index)
    firstEnd = Math.min(firstEnd, end)
  }
  return open
    .filter((index) => (sorted[index] as Event).start <= firstEnd)
    .sort((a, b) => (sorted[a] as Event).end - (sorted[b] as Event).end)
}

function advance<State, Event>({ from, done }: Node<State, Event>, index: number) {
  const all = new Set([...done, index])
  let first = from
  while (all.delete(first)) first += 1
  return { from: first, done: all }
}

function orderOf<State, Event>(node: Node<State, Event>): Event[] {
  const order: Event[] = []
  for (let each: Node<State, Event> | undefined = node; each?.event !== undefined; each = each.parent)
    order.push(each.event)
  return order.reverse()
}
