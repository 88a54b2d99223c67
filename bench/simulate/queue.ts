/** Keeps the least of what is in it at hand: a binary heap by numbers. */
export class Heap<Item> {
  readonly #items: Item[] = []
  readonly #of: (item: Item) => number

  constructor(of: (item: Item) => number) {
    this.#of = of
  }

  get size(): number {
    return this.#items.length
  }

  push(item: Item): void {
    const items = this.#items
    let at = items.push(item) - 1
    const value = this.#of(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = items[above] as Item
      if (this.#of(other) <= value) break
      items[at] = other
      at = above
    }
    items[at] = item
  }

  /** Takes the least out; undefined of an empty heap. */
  pop(): Item | undefined {
    const items = this.#items
    const least = items[0]
    const last = items.pop()
    if (items.length === 0 || last === undefined) return least
    const value = this.#of(last)
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= items.length) break
      if (below + 1 < items.length && this.#of(items[below + 1] as Item) < this.#of(items[below] as Item)) below += 1
      const other = items[below] as Item
      if (this.#of(other) >= value) break
      items[at] = other
      at = below
    }
    items[at] = last
    return least
  }
}

/**
 * A place where work waits for one of `servers`, first come, first served. Work has to arrive in the order of time; then the
 * server that is free first takes it, and nothing but the times at which they are free has to be known.
 */
export class Station {
  readonly #free: Heap<number>
  readonly servers: number
  busy = 0
  count = 0
  waited = 0

  constructor(servers: number) {
    this.servers = servers
    this.#free = new Heap((time) => time)
    for (let n = 0; n < servers; n++) this.#free.push(0)
  }

  /** Gives the time at which work that arrives now, and takes so long, is done. */
  serve(now: number, seconds: number): number {
    const begins = Math.max(now, this.#free.pop() ?? 0)
    const ends = begins + seconds
    this.#free.push(ends)
    this.busy += seconds
    this.count += 1
    this.waited += begins - now
    return ends
  }

  /** The part of its servers that was busy in so many seconds. */
  utilisation(seconds: number): number {
    return this.busy / (this.servers * seconds)
  }
}
