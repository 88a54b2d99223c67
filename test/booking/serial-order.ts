import { serialOrder } from '../torture/serial/search.ts'

/** A create as it was asked for, the rooms of its hotel, and the rooms that it got; none when it was refused. */
export type Told = {
  readonly among: readonly string[]
  /** Undefined for any `count` of them. */
  readonly rooms: readonly string[] | undefined
  readonly count: number
  readonly from: number
  readonly until: number
  readonly got: readonly string[] | undefined
  /** Its number in another system, if it has one; and whether it was refused for that, as another had it. */
  readonly number?: string | undefined
  readonly isTaken?: boolean
}

/** Whether these creates, which raced, have an order, one after another, in which each has the outcome that it was told. */
export function haveSerialOrder(told: readonly Told[]): boolean {
  const events = told.map((create) => ({ create, start: 0, end: 1 }))
  const search = serialOrder<readonly Told[], (typeof events)[number]>(events, {
    initial: [],
    after: (before, { create }) => (couldBeTold(create, before) ? [...before, create] : undefined),
    // What was created is the same in every order of the same creates.
    textOf: () => '',
  })
  return search.is === 'FOUND'
}

function couldBeTold({ number, isTaken = false, ...told }: Told, before: readonly Told[]): boolean {
  const { among, rooms, count, from, until, got } = told
  const isNumberTaken = before.some(
    (other) => number !== undefined && other.number === number && other.got !== undefined,
  )
  if (isTaken || isNumberTaken) return isTaken && isNumberTaken
  const isFree = (room: string) =>
    !before.some((other) => other.got?.includes(room) && other.from < until && from < other.until)
  if (got !== undefined) return got.length === count && got.every(isFree)
  return rooms === undefined ? among.filter(isFree).length < count : !rooms.every(isFree)
}
