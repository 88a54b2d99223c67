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
  isAtDatabase: boolean
  /** How many of its members the last group had: who was answered then is likely to call again. */
  last: number
}

/** Larger groups gain nothing more, and hold the heads of their hotels longer. */
const MOST_MEMBERS = 128
/** So few go together whoever else is to come. */
const FEW = 16
/** Of a group, so that what many want at once is fought for in small numbers; a first member may have more. */
const MOST_ROOMS = 256
/** While one group commits, another of other hotels is decided. */
const GROUPS_AT_ONCE = 2
/** Longer than anybody waits for a turn at a head. */
const LONGEST_WAIT_MS = 15_000

/** Makes the CreationGroups of a process. */
export function creationGroups(options: CreationGroupOptions): CreationGroups {
  const sizes = groupSizes(options.metrics.registry)
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
      const group = nextGroup(lines, options.mostHotels)
      if (group.length === 0) return
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
    for (const line of linesOf(lines, group)) {
      const ofLine = busy.filter(({ hotel }) => hotel === line.hotel)
      line.members.unshift(...ofLine)
      if (ofLine.length > 0) void waitForHead(line)
      else end(line)
    }
    // Before any answer is made: the database has its next group meanwhile.
    begin()
    answer(group, outcomes)
  }
  /** Somebody else writes in the hotel: all that wait for it take their turn at its head as one. */
  const waitForHead = async (line: Line): Promise<void> => {
    const first = new Set(line.members)
    let group: Member[] = []
    const outcomes = await options.writer
      .underHead(line.hotel, AbortSignal.timeout(LONGEST_WAIT_MS), {
        async apply({ em }) {
          group = takeFrom(line, [])
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
      const line = lines.get(wanted.hotel) ?? { hotel: wanted.hotel, members: [], isAtDatabase: false, last: 0 }
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
function nextGroup(lines: ReadonlyMap<string, Line>, mostHotels: number): Member[] {
  const group: Member[] = []
  let hotels = 0
  for (const line of lines.values()) {
    if (line.isAtDatabase) continue
    const taken = takeFrom(line, group)
    if (taken.length === 0) continue
    line.isAtDatabase = true
    group.push(...taken)
    hotels += 1
    if (hotels >= mostHotels || group.length >= MOST_MEMBERS) break
  }
  return group
}

/**
 * Takes from a line what finds room in a group: half of its callers, where these are many, so that the database decides
 * about one half while the other is answered and calls again. Of calls with one key the later ones wait for the answer of the first. */
function takeFrom(line: Line, group: readonly Member[]): Member[] {
  const keys = new Set<string>()
  let members = group.length
  let rooms = group.reduce((sum, member) => sum + roomsOf(member), 0)
  const taken: Member[] = []
  const most = Math.min(MOST_MEMBERS, members + Math.max(FEW, Math.ceil((line.members.length + line.last) / 2)))
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
  line.last = taken.length
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
