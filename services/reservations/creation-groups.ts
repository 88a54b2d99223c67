import type { Heads } from '@hotel/runtime/changes/heads'
import type { ClockOffset } from '@hotel/runtime/database/clock'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Metrics } from '@hotel/runtime/telemetry/metrics'
import { Histogram, type Registry } from 'prom-client'
import {
  type Decided,
  decideTogether,
  failedTogether,
  type NewReservation,
  type Outcome,
} from './creation-statement.ts'

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
  readonly metrics: Pick<Metrics, 'registry'>
  /** Told of each hotel in which reservations were made. */
  readonly heads: Pick<Heads, 'moved'>
  /** The most hotels of a group: 1 where hotels are spread over several machines. */
  readonly mostHotels: number
  /** Of whoever writes: how a transaction comes to the head of a hotel that another one has. */
  readonly writer: Pick<Writer, 'underHead'>
}

/** The transaction of a group failed, for a cause that is its members' and not of the wait for the head. */
class Undecided extends Error {}

/** One that waits, and how it is answered. */
type Member = NewReservation & { readonly answer: (outcome: Outcome | Error) => void }

/** The members of one hotel, in the order in which they came. */
type Line = {
  readonly hotel: string
  members: Member[]
  /** Or waited for. */
  isAtDatabase: boolean
  /** How many groups in a row have found the hotel busy. */
  tries: number
}

/** Larger groups gain nothing more, and hold the heads of their hotels longer. */
const MOST_MEMBERS = 128
/** So few go together whoever else is to come. */
const FEW = 16
/** Of a group, so that what many want at once is fought for in small numbers; a first member may have more. */
const MOST_ROOMS = 256
/** Hotels that groups at the database may have together: where a group has one, so many groups are there at once. */
const MOST_HOTELS_AT_ONCE = 8
/** A hotel that was busy so many times in a row is waited for by itself. */
const MOST_TRIES = 3
/** How long other hotels that were busy wait along with one, at most, before they are tried again. */
const TRY_AGAIN_MS = 20
/** Longer than anybody waits for a turn at a head. */
const LONGEST_WAIT_MS = 15_000

/** Makes the CreationGroups of a process. */
export function creationGroups(options: CreationGroupOptions): CreationGroups {
  const sizes = groupSizes(options.metrics.registry)
  const lines = new Map<string, Line>()
  const mostRunning = Math.ceil(MOST_HOTELS_AT_ONCE / options.mostHotels)
  let running = 0
  /** How many members the last group had: who was answered then is likely to call again. */
  let last = 0
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
    while (running < mostRunning) {
      const group = nextGroup(lines, options.mostHotels, last)
      if (group.length === 0) return
      last = group.length
      void decide(group)
    }
  }
  const decide = async (group: readonly Member[]): Promise<void> => {
    running += 1
    const outcomes = await decideTogether(options.orm.em.fork(), group, options.clockOffset()).catch((error: Error) =>
      group.map(() => failedTogether(error)),
    )
    running -= 1
    const busy = group.filter((_, index) => outcomes[index] === 'BUSY')
    const busyLines: Line[] = []
    for (const line of linesOf(lines, group)) {
      const ofLine = busy.filter(({ hotel }) => hotel === line.hotel)
      line.members.unshift(...ofLine)
      line.tries = ofLine.length > 0 ? line.tries + 1 : 0
      if (ofLine.length > 0) busyLines.push(line)
      else end(line)
    }
    waitForHeads(busyLines, busy.length === group.length)
    // Before any answer is made: the database has its next group meanwhile.
    begin()
    answer(group, outcomes)
  }
  /**
   * Others write in these hotels. As whoever does that with several at once ends with all of them, they are tried together
   * again: in the next group, or once one of them, which is waited for, is free, when there was nothing else to do.
   */
  const waitForHeads = (busy: readonly Line[], isAll: boolean) => {
    const stubborn = busy.filter(({ tries }, index) => tries >= MOST_TRIES || (isAll && index === 0))
    const others = busy.filter((line) => !stubborn.includes(line))
    const free = () => {
      for (const line of others) end(line)
      others.length = 0
      begin()
    }
    const [first, ...rest] = stubborn
    for (const line of rest) void waitForHead(line)
    if (first !== undefined) void waitForHead(first, isAll ? free : undefined)
    if (isAll) setTimeout(free, TRY_AGAIN_MS)
    else free()
  }
  /** Somebody else writes in the hotel: all that wait for it take their turn at its head as one. */
  const waitForHead = async (line: Line, isFree?: () => void): Promise<void> => {
    const first = new Set(line.members)
    let group: Member[] = []
    const outcomes = await options.writer
      .underHead(line.hotel, AbortSignal.timeout(LONGEST_WAIT_MS), {
        async apply({ em }) {
          isFree?.()
          group = takeFrom(line, [], MOST_MEMBERS)
          return await decideTogether(em, group, options.clockOffset()).catch((cause: unknown) => {
            throw new Undecided('a group that broke on one of its members', { cause })
          })
        },
      })
      .catch((error: Error) => {
        // Who came later has not waited so long yet.
        if (group.length === 0) group = line.members.filter((member) => first.has(member))
        line.members = line.members.filter((member) => !first.has(member))
        return group.map(() => (error instanceof Undecided ? failedTogether(error.cause as Error) : error))
      })
    line.tries = 0
    end(line)
    begin()
    answer(group, outcomes)
  }
  const answer = (group: readonly Member[], outcomes: readonly (Decided | undefined)[]) => {
    sizes.observe(group.length)
    const hotels = group.filter((_, index) => isMade(outcomes[index])).map(({ hotel }) => hotel)
    for (const hotel of new Set(hotels)) options.heads.moved(hotel)
    for (const [index, member] of group.entries()) {
      const outcome = outcomes[index]
      if (outcome !== 'BUSY') member.answer(outcome ?? new Error('create_reservations gave no outcome'))
    }
  }
  const end = (line: Line) => {
    line.isAtDatabase = false
    if (line.members.length === 0) lines.delete(line.hotel)
  }

  return (wanted, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const line = lines.get(wanted.hotel) ?? { hotel: wanted.hotel, members: [], isAtDatabase: false, tries: 0 }
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

/**
 * The members that go together next; their lines are at the database from now on, and come last afterwards. Half of all
 * callers, where these are many, so that the database decides about one half while the other is answered and calls again.
 */
function nextGroup(lines: Map<string, Line>, mostHotels: number, last: number): Member[] {
  const waiting = [...lines.values()].filter(({ isAtDatabase, members }) => !isAtDatabase && members.length > 0)
  const callers = waiting.reduce((sum, { members }) => sum + members.length, last)
  const most = Math.min(MOST_MEMBERS, Math.max(FEW, Math.ceil(callers / 2)))
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

/**
 * Takes from a line what finds room in a group of at most so many members. Of calls with one key the later ones wait for the
 * answer of the first.
 */
function takeFrom(line: Line, group: readonly Member[], most: number): Member[] {
  const keys = new Set<string>()
  let members = group.length
  let rooms = group.reduce((sum, member) => sum + roomsOf(member), 0)
  const taken: Member[] = []
  line.members = line.members.filter((member) => {
    const key = member.repeat && `${member.repeat.key} ${member.actor}`
    const fits = members < most && (members === 0 || rooms + roomsOf(member) <= MOST_ROOMS)
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

function isMade(outcome: Decided | undefined): boolean {
  return typeof outcome === 'object' && 'outcome' in outcome && outcome.outcome === 'MADE'
}

function groupSizes(registry: Registry): Histogram {
  return new Histogram({
    name: 'hotel_create_group_members',
    help: 'Reservations that were decided together, by one statement.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers: [registry],
  })
}
