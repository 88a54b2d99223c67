import { createHash } from 'node:crypto'

/** Numbers by chance, the same for the same seed and name. */
export type Random = {
  /** From 0, less than 1. */
  next(): number
  /** A whole number from 0, less than this. */
  below(limit: number): number
  pick<T>(items: readonly T[]): T
  /** Whether something of this probability happens. */
  chance(probability: number): boolean
  /** Items in another order. */
  shuffled<T>(items: readonly T[]): T[]
}

/** Makes a stream of numbers of its own for a name, so that one client's do not depend on how many another takes (sfc32). */
export function randomOf(seed: number, name: string): Random {
  const digest = createHash('sha256').update(`${seed} ${name}`).digest()
  let [a, b, c, d] = [digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)]
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T
  return {
    next,
    below,
    pick,
    chance: (probability) => next() < probability,
    shuffled<T>(items: readonly T[]) {
      const left = [...items]
      return items.map(() => left.splice(below(left.length), 1)[0] as T)
    },
  }
}

/** Numbers from 0, less than 1: the same in each run of a seed. */
export function randomFrom(seed: number): () => number {
  return randomOf(seed, 'all').next
}
