import { createHash } from 'node:crypto'

/** Numbers that look random and are always the same for the same words. */
export type Random = {
  /** From 0 up to 1, without it. */
  next(): number
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number
  pick<T>(all: readonly T[]): T
  chance(probability: number): boolean
}

/** Makes them out of a name: the generator is mulberry32. */
export function randomOf(...words: readonly (string | number)[]): Random {
  let state = createHash('sha256').update(JSON.stringify(words)).digest().readUInt32BE()
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    whole,
    pick: <T>(all: readonly T[]) => all[whole(0, all.length - 1)] as T,
    chance: (probability) => next() < probability,
  }
}
