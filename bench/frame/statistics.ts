/** The value in the middle; of an even number of values the upper of the two. NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5)
}

/** The value below which this share of the sorted values is; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The values in their order. */
export function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

/**
 * How one contender compares with another: the median over the rounds of what each was in the same round, so that a machine
 * that is busy for a while meets both. NaN without a round that both have.
 */
export function ratioOf(own: readonly number[], peer: readonly number[]): number {
  return median(ratiosOf(own, peer))
}

/** The same, round by round. */
export function ratiosOf(own: readonly number[], peer: readonly number[]): number[] {
  return own.slice(0, peer.length).map((value, n) => value / (peer[n] ?? Number.NaN))
}
