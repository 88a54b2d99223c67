import type { ClockOffset } from '@hotel/runtime/database/clock'
import { type EntityManager, type MikroORM, type Prepared, query } from '@hotel/runtime/database/database'
import { databaseError } from '@hotel/runtime/database/database-error'
import { erasedKey, type Repeat } from '@hotel/runtime/resource/repeats'
import type { Writer } from '@hotel/runtime/resource/write'
import { FEEDS } from './feeds.ts'
import type { Conflict } from './unavailable.ts'

/** A new reservation whose fields keep their rules; what depends on others is decided with its group. */
export type NewReservation = {
  readonly id: string
  readonly hotel: string
  readonly guest: string
  /** Demanded of the rooms, or null for whichever they have. */
  readonly location: string | null
  readonly inDate: string
  readonly outDate: string
  /** By their ids, or so many of a type. */
  readonly rooms: readonly string[] | { readonly type: string; readonly count: number }
  readonly note: string | null
  readonly holdUntil: Date | null
  readonly actor: string
  /** The key of the call, which is the actor's. */
  readonly repeat: Repeat
}

/** What became of a new reservation; `create_reservations` in sql/creation.sql says what each means. */
export type Outcome =
  | { readonly outcome: 'MADE'; readonly place: string; readonly at: Date; readonly rooms: readonly string[] }
  | { readonly outcome: 'HELD'; readonly place: string; readonly inTheWay: readonly Conflict[] }
  | { readonly outcome: 'NO_ROOM'; readonly place: string; readonly free: number }
  | { readonly outcome: 'ASK' }

/**
 * Makes new reservations in groups: while one group is at the database the others wait, and the next takes them all. One
 * that comes alone waits for nobody. Gives the outcome of each; rejects with the signal's reason once its caller is gone,
 * and with the error of the database when none of the group could be decided.
 */
export type CreationGroups = (wanted: NewReservation, signal: AbortSignal) => Promise<Outcome>

/** What the groups need of the process. */
export type CreationGroupOptions = {
  readonly orm: MikroORM
  readonly clockOffset: ClockOffset
  /** Told of each group that is committed: how many were in it, and the hotels in which it made reservations. */
  readonly made: (members: number, hotels: ReadonlySet<string>) => void
  /** Whether a group is of one hotel only, as where the hotels are spread over several machines. */
  readonly oneHotel: boolean
  /** Of whoever writes: how a transaction comes to the head of a hotel that another one has. */
  readonly writer: Pick<Writer, 'underHead'>
}

/** One that waits, and how it is answered. */
type Member = NewReservation & { readonly answer: (outcome: Outcome | Error) => void }

/** The members of one hotel, in the order in which they came. */
type Line = { readonly hotel: string; members: Member[]; isAtDatabase: boolean }

/** Larger groups gain nothing more, and hold the heads of their hotels longer. */
const MOST_MEMBERS = 128
/** Of a group, so that what many want at once is fought for in small numbers; a first member may have more. */
const MOST_ROOMS = 256
/** While one group commits, another of other hotels is decided. */
const GROUPS_AT_ONCE = 2
/** Longer than anybody waits for a turn at a head. */
const LONGEST_WAIT_MS = 15_000

/** Makes the CreationGroups of a process. */
export function creationGroups(options: CreationGroupOptions): CreationGroups {
  const lines = new Map<string, Line>()
  let running = 0
  let isDue = false

  const beginSoon = () => {
    if (isDue) return
    isDue = true
    // All that came in one turn of the event loop go together.
    setImmediate(() => {
      isDue = false
      begin()
    })
  }
  const begin = () => {
    while (running < GROUPS_AT_ONCE) {
      const group = nextGroup(lines, options.oneHotel)
      if (group.length === 0) return
      void decide(group)
    }
  }
  const decide = async (group: readonly Member[]): Promise<void> => {
    running += 1
    const outcomes = await ask(options, group, options.orm.em.fork())
    running -= 1
    const busy = group.filter((_, index) => outcomes[index] === 'BUSY')
    for (const line of linesOf(lines, group)) {
      const ofLine = busy.filter(({ hotel }) => hotel === line.hotel)
      line.members.unshift(...ofLine)
      if (ofLine.length > 0) void waitForHead(line)
      else end(line)
    }
    // Before any answer is made: the database has its next group meanwhile.
    begin()
    answer(options, group, outcomes)
  }
  /** Somebody else writes in the hotel: all that wait for it take their turn at its head as one. */
  const waitForHead = async (line: Line): Promise<void> => {
    const first = new Set(line.members)
    let group: Member[] = []
    const outcomes = await options.writer
      .underHead(line.hotel, AbortSignal.timeout(LONGEST_WAIT_MS), (em) => {
        group = takeFrom(line, [])
        return ask(options, group, em)
      })
      .catch((error: Error) => {
        // Who came later has not waited so long yet.
        if (group.length === 0) group = line.members.filter((member) => first.has(member))
        line.members = line.members.filter((member) => !first.has(member))
        return group.map(() => error)
      })
    end(line)
    begin()
    answer(options, group, outcomes)
  }
  const end = (line: Line) => {
    line.isAtDatabase = false
    if (line.members.length === 0) lines.delete(line.hotel)
  }

  return (wanted, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const line = lines.get(wanted.hotel) ?? { hotel: wanted.hotel, members: [], isAtDatabase: false }
      const leave = () => {
        line.members = line.members.filter((other) => other !== member)
        reject(signal.reason)
      }
      const member: Member = {
        ...wanted,
        answer(outcome) {
          signal.removeEventListener('abort', leave)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      lines.set(wanted.hotel, line)
      line.members.push(member)
      beginSoon()
    })
}

/** The members that go together next; their lines are at the database from now on. */
function nextGroup(lines: ReadonlyMap<string, Line>, oneHotel: boolean): Member[] {
  const group: Member[] = []
  for (const line of lines.values()) {
    if (line.isAtDatabase) continue
    const taken = takeFrom(line, group)
    if (taken.length === 0) continue
    line.isAtDatabase = true
    group.push(...taken)
    if (oneHotel || group.length >= MOST_MEMBERS) break
  }
  return group
}

/** Takes from a line what finds room in a group. Of calls with one key the later ones wait for the answer of the first. */
function takeFrom(line: Line, group: readonly Member[]): Member[] {
  const keys = new Set<string>()
  let members = group.length
  let rooms = group.reduce((sum, member) => sum + roomsOf(member), 0)
  const taken: Member[] = []
  line.members = line.members.filter((member) => {
    const key = member.repeat && `${member.repeat.key} ${member.actor}`
    const fits = members < MOST_MEMBERS && (members === 0 || rooms + roomsOf(member) <= MOST_ROOMS)
    if (!fits || (key !== undefined && keys.has(key))) return true
    if (key !== undefined) keys.add(key)
    members += 1
    rooms += roomsOf(member)
    taken.push(member)
    return false
  })
  return taken
}

function roomsOf({ rooms }: NewReservation): number {
  return 'type' in rooms ? rooms.count : rooms.length
}

function linesOf(lines: ReadonlyMap<string, Line>, group: readonly Member[]): Line[] {
  return [...new Set(group.map(({ hotel }) => hotel))].flatMap((hotel) => lines.get(hotel) ?? [])
}

function answer(
  { made }: CreationGroupOptions,
  group: readonly Member[],
  outcomes: readonly (Outcome | Error | 'BUSY' | undefined)[],
): void {
  const hotels = group.filter((_, index) => isMade(outcomes[index])).map(({ hotel }) => hotel)
  made(group.length, new Set(hotels))
  for (const [index, member] of group.entries()) {
    const outcome = outcomes[index]
    if (outcome !== 'BUSY') member.answer(outcome ?? new Error('create_reservations gave no outcome'))
  }
}

function isMade(outcome: Outcome | Error | 'BUSY' | undefined): boolean {
  return typeof outcome === 'object' && 'outcome' in outcome && outcome.outcome === 'MADE'
}

type Row = {
  member: number
  outcome: Outcome['outcome'] | 'BUSY'
  place: string
  at: string
  given: string[]
  free: number
  in_the_way: Conflict[]
}

const CREATE: Prepared = {
  name: 'create_reservations',
  text: `select member, outcome, place, at, given, free, in_the_way
         from create_reservations($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
}

/** The outcome of each member. What one of them breaks, or a conflict of the whole, is for each to meet alone. */
async function ask(
  { clockOffset }: CreationGroupOptions,
  group: readonly Member[],
  em: EntityManager,
): Promise<(Outcome | Error | 'BUSY')[]> {
  if (group.length === 0) return []
  try {
    const rows = await query<Row>(em, CREATE, [...parametersOf(group), clockOffset(), FEEDS.guests, FEEDS.rooms])
    const outcomes: (Outcome | 'BUSY')[] = []
    for (const row of rows) outcomes[row.member - 1] = outcomeOf(row)
    return outcomes
  } catch (error) {
    const isForEach = /^(22|23|40)/.test(databaseError(error)?.sqlState ?? '')
    return group.map(() => (isForEach ? { outcome: 'ASK' } : (error as Error)))
  }
}

function parametersOf(group: readonly Member[]): unknown[] {
  const each = (value: (member: Member) => unknown) => group.map(value)
  return [
    each(({ id }) => id),
    each(({ hotel }) => hotel),
    each(({ guest }) => guest),
    each(({ location }) => location),
    each(({ inDate }) => inDate),
    each(({ outDate }) => outDate),
    each(({ rooms }) => ('type' in rooms ? null : `{${rooms.join(',')}}`)),
    each(({ rooms }) => ('type' in rooms ? rooms.type : null)),
    each(({ rooms }) => ('type' in rooms ? rooms.count : null)),
    each(({ note }) => note),
    each(({ holdUntil }) => holdUntil?.toISOString() ?? null),
    each(({ actor }) => actor),
    each(({ repeat }) => repeat?.key ?? null),
    each(({ repeat }) => (repeat === undefined ? null : erasedKey(repeat.key))),
    each(({ repeat }) => repeat?.hash ?? null),
    each(({ repeat }) => repeat?.digest ?? null),
  ]
}

function outcomeOf({ outcome, place, at, given, free, in_the_way }: Row): Outcome | 'BUSY' {
  switch (outcome) {
    case 'MADE':
      return { outcome, place, at: new Date(at), rooms: given }
    case 'HELD':
      return { outcome, place, inTheWay: in_the_way }
    case 'NO_ROOM':
      return { outcome, place, free }
    default:
      return outcome === 'BUSY' ? outcome : { outcome }
  }
}
