import type { FeedListener } from '@hotel/runtime/changes/feed-listener'
import { HEAD_PATIENCE_MS } from '@hotel/runtime/database/head-lines'
import type { Read } from '@hotel/runtime/database/read'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Metrics } from '@hotel/runtime/telemetry/metrics'
import {
  goingAlone,
  type Line,
  linesOf,
  type Member,
  MOST_MEMBERS,
  newLine,
  nextGroup,
  takeFrom,
} from './creation-lines.ts'
import {
  type Decided,
  decideTogether,
  failedTogether,
  type NewReservation,
  type Outcome,
  type Run,
  runIn,
} from './creation-statement.ts'
import { groupSizes } from './group-sizes.ts'

/**
 * Makes new reservations in groups: while one group is at the database the others wait, and the next takes them all. One
 * that comes alone waits for nobody. Gives the outcome of each; rejects with the signal's reason once its caller is gone,
 * and with the error of the database when none of the group could be decided.
 */
export type CreationGroups = (wanted: NewReservation, signal: AbortSignal) => Promise<Outcome>

/** What the groups need of the process. */
export type CreationGroupOptions = {
  readonly read: Read
  readonly clockOffset: ClockOffset
  readonly metrics: Pick<Metrics, 'registry'>
  /** Is told of each hotel in which reservations were made, and knows whether other processes write. */
  readonly heads: Pick<FeedListener, 'moved' | 'othersWrite'>
  /** The most hotels of a group: 1 where hotels are spread over several machines. */
  readonly mostHotels: number
  /** Of whoever writes: how a transaction comes to the head of a hotel that another one has. */
  readonly writer: Pick<Writer, 'underHead'>
}

/** The transaction of a group failed, for a cause that is its members' and not of the wait for the head. */
class Undecided extends Error {}

/** Hotels that groups at the database may have together: where a group has one, so many groups are there at once. */
const MOST_HOTELS_AT_ONCE = 8
/** A hotel that was busy so many times in a row is waited for by itself. */
const MOST_TRIES = 3
/**
 * How long a group waits when others have the heads of all its hotels, and other groups with it: where another process writes,
 * longer than a group of that one needs; where none does, as long as another write of this one.
 */
const PATIENCE_MS = { others: HEAD_PATIENCE_MS.quick, alone: 10 } as const
/** Longer than anybody waits for a turn at a head. */
const LONGEST_WAIT_MS = 15_000

/** Makes the CreationGroups of a process. */
export function creationGroups(options: CreationGroupOptions): CreationGroups {
  const sizes = groupSizes(options.metrics.registry)
  // A group has many callers: none of them ends it.
  const unending = new AbortController().signal
  const run: Run = (statement, parameters) => options.read(statement, parameters, unending)
  const lines = new Map<string, Line>()
  const mostRunning = Math.ceil(MOST_HOTELS_AT_ONCE / options.mostHotels)
  const isOfHotel = options.mostHotels === 1
  const deciding = (patienceMs: number) => ({ clockOffset: options.clockOffset(), patienceMs, isOfHotel })
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
    for (const line of goingAlone(lines)) void waitForHead(line)
    while (running < mostRunning) {
      // One half is answered and calls again while the database decides about the other; where another process writes too, it
      // decides about that one's meanwhile, and groups may be twice as large.
      const parts = options.heads.othersWrite() ? 1 : 2
      const group = nextGroup(lines, { mostHotels: options.mostHotels, last, parts })
      if (group.length === 0) return
      last = group.length
      void decide(group)
    }
  }
  const decide = async (group: readonly Member[]): Promise<void> => {
    running += 1
    const patienceMs = PATIENCE_MS[options.heads.othersWrite() ? 'others' : 'alone']
    const outcomes = await decideTogether(run, group, deciding(patienceMs)).catch((error: Error) =>
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
   * again, in the next group; but one that was busy again and again, or for as long as a group waits, is waited for by itself.
   */
  const waitForHeads = (busy: readonly Line[], isAll: boolean) => {
    for (const [index, line] of busy.entries()) {
      if (line.tries >= MOST_TRIES || (isAll && index === 0)) void waitForHead(line)
      else end(line)
    }
  }
  /** Somebody else writes in the hotel: all that wait for it take their turn at its head as one. */
  const waitForHead = async (line: Line): Promise<void> => {
    const first = new Set(line.members)
    let group: Member[] = []
    const outcomes = await options.writer
      .underHead(line.hotel, AbortSignal.timeout(LONGEST_WAIT_MS), {
        async apply({ em }) {
          line.goesAlone = false
          group = takeFrom(line, [], MOST_MEMBERS)
          return await decideTogether(runIn(em), group, deciding(0)).catch((cause: unknown) => {
            throw new Undecided('a group that broke on one of its members', { cause })
          })
        },
      })
      .catch((error: Error) => {
        // Members that came later have not waited so long yet, and those that found no room in the group are in none.
        if (group.length === 0) {
          group = line.members.filter((member) => first.has(member))
          line.members = line.members.filter((member) => !first.has(member))
        }
        line.goesAlone = !(error instanceof Undecided)
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
    if (line.members.length === 0 && !line.goesAlone) lines.delete(line.hotel)
  }

  return (wanted, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const line = lines.get(wanted.hotel) ?? newLine(wanted.hotel)
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

function isMade(outcome: Decided | undefined): boolean {
  return typeof outcome === 'object' && 'outcome' in outcome && outcome.outcome === 'MADE'
}
