/** A create as it was asked for, the rooms of its hotel, and the rooms that it got; none when it was refused. */
export type Told = {
  readonly among: readonly string[]
  /** Undefined for any `count` of them. */
  readonly rooms: readonly string[] | undefined
  readonly count: number
  readonly from: number
  readonly until: number
  readonly got: readonly string[] | undefined
}

/**
 * An order of these creates, one after another, in which each has the outcome that it was told; undefined when there is
 * none. Tries them all: for a few.
 */
export function serialOrder(told: readonly Told[]): Told[] | undefined {
  return extend([], told)
}

function extend(done: readonly Told[], left: readonly Told[]): Told[] | undefined {
  if (left.length === 0) return [...done]
  for (const next of left) {
    if (!couldBeTold(next, done)) continue
    const order = extend(
      [...done, next],
      left.filter((other) => other !== next),
    )
    if (order !== undefined) return order
  }
  return undefined
}

function couldBeTold({ among, rooms, count, from, until, got }: Told, before: readonly Told[]): boolean {
  const isFree = (room: string) =>
    !before.some((other) => other.got?.includes(room) && other.from < until && from < other.until)
  if (got !== undefined) return got.length === count && got.every(isFree)
  return rooms === undefined ? among.filter(isFree).length < count : !rooms.every(isFree)
}
