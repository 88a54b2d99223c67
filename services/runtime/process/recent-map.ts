/**
 * A map with a bound: it keeps the half of its most entries that were set or read last, and at most so many in all; values are
 * never undefined. It has two halves, and when the newer one is full the older one is dropped whole. Taking the oldest entry
 * out of a single Map passes over the places of all that were taken out before: 0.1 ms each at 100,000 entries.
 */
export class RecentMap<Key, Value> {
  readonly #half: number
  #newer = new Map<Key, Value>()
  #older = new Map<Key, Value>()

  constructor(most: number) {
    this.#half = Math.ceil(most / 2)
  }

  get(key: Key): Value | undefined {
    const newer = this.#newer.get(key)
    if (newer !== undefined) return newer
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    if (this.#newer.size >= this.#half && !this.#newer.has(key)) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
  }

  clear(): void {
    this.#newer.clear()
    this.#older.clear()
  }
}
