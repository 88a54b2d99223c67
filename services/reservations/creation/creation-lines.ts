import type { NewReservation, Outcome } from './creation-statement.ts'

/** One that waits, and how it is answered. */
export type Member = NewReservation & { readonly answer: (outcome: Outcome | Error) => void }

/** The members of one hotel, in the order in which they came. */
export type Line = {
  readonly hotel: string
  members: Member[]
  /** Whether a group has its members, or one of them waits for its head. */
  isAtDatabase: boolean
  /** How many groups in a row have found the hotel busy. */
  tries: number
  /** Whether its head could not be had by waiting for it alone either: no group has the hotel until somebody has got there. */
  goesAlone: boolean
}

/** The line of a hotel for which nobody waits. */
export function newLine(hotel: string): Line {
  return { hotel, members: [], isAtDatabase: false, tries: 0, goesAlone: false }
}

/** Larger groups gain nothing more, and hold the heads of their hotels longer. */
export const MOST_MEMBERS = 128
/** So few go together whoever else is to come. */
const FEW = 16
/** Of a group, so that what many want at once is fought for in small numbers; a first member may have more. */
const MOST_ROOMS = 256

/**
 * The members that go together next, of at most so many hotels; their lines are at the database from now on, and come last
 * afterwards. Of all callers, those of the last group included, it has one of so many parts, where these are many.
 */
export function nextGroup(
  lines: Map<string, Line>,
  { mostHotels, last, parts }: { mostHotels: number; last: number; parts: number },
): Member[] {
  const waiting = [...lines.values()].filter(({ isAtDatabase, members }) => !isAtDatabase && members.length > 0)
  const callers = waiting.reduce((sum, { members }) => sum + members.length, last)
  const most = Math.min(MOST_MEMBERS, Math.max(FEW, Math.ceil(callers / parts)))
  const group: Member[] = []
  for (const line of waiting.slice(0, mostHotels)) {
    if (group.length >= most) break
    const taken = takeFrom(line, group, most)
    if (taken.length === 0) continue
    line.isAtDatabase = true
    lines.delete(line.hotel)
    lines.set(line.hotel, line)
    group.push(...taken)
  }
  return group
}

/** The lines that go alone and in which somebody waits; they are at the database from now on. */
export function goingAlone(lines: ReadonlyMap<string, Line>): Line[] {
  const found = [...lines.values()].filter(
    ({ goesAlone, isAtDatabase, members }) => goesAlone && !isAtDatabase && members.length > 0,
  )
  for (const line of found) line.isAtDatabase = true
  return found
}

/**
 * Takes from a line what finds room in a group of at most so many members. Of calls with one key, or one number in another
 * system, the later ones wait for the answer of the first.
 */
export function takeFrom(line: Line, group: readonly Member[], most: number): Member[] {
  const names = new Set<string>()
  let members = group.length
  let rooms = group.reduce((sum, member) => sum + roomsOf(member), 0)
  const taken: Member[] = []
  line.members = line.members.filter((member) => {
    const own = ownNames(member)
    const fits = members < most && (members === 0 || rooms + roomsOf(member) <= MOST_ROOMS)
    if (!fits || own.some((name) => names.has(name))) return true
    for (const name of own) names.add(name)
    members += 1
    rooms += roomsOf(member)
    taken.push(member)
    return false
  })
  return taken
}

/** The names that only one member of a hotel may have in a group: its key, its number in another system. */
function ownNames({ repeat, actor, externalId, source }: NewReservation): string[] {
  return [
    ...(repeat === undefined ? [] : [`${repeat.key} ${actor}`]),
    ...(externalId === null ? [] : [JSON.stringify([source ?? '', externalId])]),
  ]
}

function roomsOf({ rooms }: NewReservation): number {
  return 'type' in rooms ? rooms.count : rooms.length
}

/** The lines that the members of a group are of. */
export function linesOf(lines: ReadonlyMap<string, Line>, group: readonly Member[]): Line[] {
  return [...new Set(group.map(({ hotel }) => hotel))].flatMap((hotel) => lines.get(hotel) ?? [])
}
