/** Where a reservation is: its rooms' nights, or undefined when it is cancelled. */
export type Stay = { readonly room: string; readonly from: number; readonly until: number } | undefined

/** A change of a reservation that was asked for, and whether it was made; what is not free is refused, and nothing else. */
export type Asked = { readonly id: string; readonly to: Stay; readonly isMade: boolean }

/**
 * An order of these changes, one after another, in which each has the outcome that it was told; undefined when there is
 * none. Tries them all: for a few.
 */
export function serialMoves(stays: ReadonlyMap<string, Stay>, asked: readonly Asked[]): Asked[] | undefined {
  if (asked.length === 0) return []
  for (const next of asked) {
    if (isFree(stays, next) !== next.isMade) continue
    const after = next.isMade ? new Map([...stays, [next.id, next.to]]) : stays
    const rest = serialMoves(
      after,
      asked.filter((other) => other !== next),
    )
    if (rest !== undefined) return [next, ...rest]
  }
  return undefined
}

/** Whether nobody else has the nights that a change wants. */
export function isFree(stays: ReadonlyMap<string, Stay>, { id, to }: Pick<Asked, 'id' | 'to'>): boolean {
  if (to === undefined) return true
  return ![...stays].some(
    ([other, stay]) =>
      other !== id && stay !== undefined && stay.room === to.room && stay.from < to.until && to.from < stay.until,
  )
}
