/** Numbers from 0 to 1, the same for the same seed: mulberry32, which passes what a simulation needs of a generator. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A time between two events of a Poisson process, or of a service without memory. */
export function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random())
}

/** Which share of all that is wanted is of each of so many hotels, the most popular first: Zipf's law with this exponent. */
export function zipfShares(count: number, exponent: number): Float64Array {
  const shares = Float64Array.from({ length: count }, (_, n) => (n + 1) ** -exponent)
  const all = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => share / all)
}

/** Chooses a number by these shares. */
export function chooser(shares: Float64Array, random: () => number): () => number {
  const sums = new Float64Array(shares.length)
  let sum = 0
  for (let n = 0; n < shares.length; n++) {
    sum += shares[n] ?? 0
    sums[n] = sum
  }
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** On which of so many nodes a hotel is: as a hash of its id would have it. */
export function nodeOf(hotel: number, nodes: number): number {
  let mixed = Math.imul(hotel ^ 0x9e3779b9, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) % nodes
}
