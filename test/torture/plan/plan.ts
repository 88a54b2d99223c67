import { type Random, randomOf } from '../../support/random.ts'
import { plannedFaults } from './faults.ts'
import type { Act, FaultKind, Plan, Planned, PlannedStay, Target } from './operations.ts'
import { DAYS, GUESTS, MORTAL_GUESTS, PLACES, SMALL_PLACE } from './shape.ts'

/** How large a plan is. */
export type PlanOptions = {
  readonly seed: number
  readonly seconds: number
  /** Clients of the large hotel and of the small one. */
  readonly clients: number
  readonly small: number
  readonly faults?: readonly FaultKind[]
}

/** More than a client comes to. */
const MOST_A_SECOND = 30
/** All clients meet once in so many operations, and want the same. */
const MEET_EVERY = 6

/** Makes the plan of a run: of the same seed and size always the same. */
export function makePlan({ seed, seconds, clients, small, faults }: PlanOptions): Plan {
  const length = Math.ceil(seconds * MOST_A_SECOND)
  const made = nothingMade()
  const all = Array.from({ length: clients + small }, () => [] as Planned[])
  const isScreen = (client: number) => clients > 2 && client === clients - 1
  const actOf = (client: number, random: Random) => {
    if (client >= clients) return smallAct(random, made)
    return isScreen(client) ? screenAct(random) : nextAct(random, made)
  }
  const randoms = all.map((_, client) => randomOf(seed, `client ${client}`))
  // Turn by turn, so that a client's targets are of about the same time.
  for (let n = 0; n < length; n++) {
    for (const [client, random] of randoms.entries()) {
      const meets = client < clients && !isScreen(client) && n % MEET_EVERY === MEET_EVERY - 1
      const meeting = meets ? Math.floor(n / MEET_EVERY) : undefined
      const name = `c${client}.${n}`
      const act = meeting === undefined ? actOf(client, random) : meetingAct(seed, meeting, random)
      if (MAKING.includes(act.do)) made[act.place]?.[act.do === 'block' ? 'blocks' : 'reservations'].push(name)
      all[client]?.push({
        name,
        client,
        door: random.chance(0.5) ? 'grpc' : 'rest',
        gateway: random.chance(0.5) ? 0 : 1,
        repeat: repeatOf(act, random),
        ...(meeting !== undefined && { meeting }),
        act,
      })
    }
  }
  return { seed, seconds, clients: all, faults: plannedFaults(seed, seconds, faults) }
}

/** Names of the operations that make reservations and blocks at each place, so far. */
type Made = readonly { readonly reservations: string[]; readonly blocks: string[] }[]

function nothingMade(): Made {
  return PLACES.map(() => ({ reservations: [], blocks: [] }))
}

const MAKING = ['book', 'bookType', 'block']
const READS = ['get', 'list', 'stays', 'free', 'freeOfType']

function repeatOf(act: Act, random: Random): Planned['repeat'] {
  if (READS.includes(act.do) || random.chance(0.75)) return 'never'
  return random.chance(0.5) ? 'after' : 'together'
}

/** One room and night for all who meet, by name, alone or with another one, or by type. */
function meetingAct(seed: number, meeting: number, own: Random): Act {
  const random = randomOf(seed, `meeting ${meeting}`)
  const stay = { from: random.below(DAYS), nights: 1 + random.below(2) }
  const guest = random.below(GUESTS[0] - MORTAL_GUESTS)
  if (random.chance(0.3)) return { do: 'bookType', place: 0, type: random.below(2), count: 1, stay, guest }
  const wanted = random.below(6)
  const other = own.below(6)
  const rooms = other === wanted || own.chance(0.6) ? [wanted] : own.shuffled([wanted, other])
  return { do: 'book', place: 0, rooms, stay, guest }
}

/** A screen at a desk looks at the same lists again and again. */
function screenAct(random: Random): Act {
  return random.chance(0.85) ? { do: 'stays', place: 0 } : { do: 'free', place: 0, stay: { from: 0, nights: DAYS + 3 } }
}

function stayOf(random: Random): PlannedStay {
  return { from: random.chance(0.2) ? 0 : random.below(DAYS), nights: random.pick([0, 1, 1, 1, 2, 3]) }
}

/** Some that were made at a place of late, the latest first. */
function targetOf(random: Random, made: Made, place: number, isBlock = false): Target {
  const there = (made[place]?.[isBlock ? 'blocks' : 'reservations'] ?? []).slice(-60)
  if (there.length === 0) return []
  return Array.from({ length: 6 }, () => there[there.length - 1 - Math.floor(random.next() ** 2 * there.length)] ?? '')
}

/** Places of rooms in another order each time: of the first rooms most. */
function roomsOf(random: Random, count: number, rooms: number): number[] {
  return random.shuffled(Array.from({ length: rooms }, (_, room) => room)).slice(0, count)
}

function hold(random: Random, share: number) {
  return random.chance(share) ? { holdSeconds: 2 + random.below(5) } : {}
}

type Maker = (random: Random, made: Made) => Act

/** The operations on the large hotel, each as often as its weight says. */
const MAKERS: readonly (readonly [weight: number, make: Maker])[] = [
  [10, (r) => book(r, 0)],
  [3, (r) => book(r, 1)],
  [7, (r) => bookType(r)],
  [3, (r) => ({ do: 'block', place: 0, room: r.below(8), stay: stayOf(r) })],
  [5, (r, made) => ({ do: 'note', place: 0, of: targetOf(r, made, 0) })],
  [13, (r, made) => ({ do: 'cancel', place: 0, of: targetOf(r, made, 0) })],
  [3, (r, made) => ({ do: 'cancel', place: 1, of: targetOf(r, made, 1) })],
  [5, (r, made) => ({ do: 'restore', place: 0, of: targetOf(r, made, 0) })],
  [4, (r, made) => ({ do: 'confirm', place: 0, of: targetOf(r, made, 0) })],
  [4, (r, made) => ({ do: 'checkIn', place: 0, of: targetOf(r, made, 0) })],
  [2, (r, made) => ({ do: 'checkIn', place: 1, of: targetOf(r, made, 1) })],
  [3, (r, made) => ({ do: 'checkOut', place: 0, of: targetOf(r, made, 0) })],
  [1, (r, made) => ({ do: 'undoCheckIn', place: 0, of: targetOf(r, made, 0) })],
  [1, (r, made) => ({ do: 'undoCheckOut', place: 0, of: targetOf(r, made, 0) })],
  [5, (r, made) => ({ do: 'move', place: 0, of: targetOf(r, made, 0), stay: stayOf(r) })],
  [4, (r, made) => ({ do: 'rehouse', place: 0, of: targetOf(r, made, 0), rooms: roomsOf(r, 1 + r.below(2), 8) })],
  [1, (r, made) => ({ do: 'hand', place: 0, of: targetOf(r, made, 0), guest: r.below(GUESTS[0]) })],
  [5, (r, made) => ({ do: 'swap', place: 0, of: targetOf(r, made, 0), with: targetOf(r, made, 0) })],
  [1, (r, made) => ({ do: 'moveBlock', place: 0, of: targetOf(r, made, 0, true), stay: stayOf(r) })],
  [3, (r, made) => ({ do: 'unblock', place: 0, of: targetOf(r, made, 0, true) })],
  [1, (r) => ({ do: r.pick(['retireRoom', 'restoreRoom'] as const), place: 0, room: r.pick(PLACES[0]?.mortal ?? []) })],
  [1, (r) => ({ do: r.pick(['deleteGuest', 'restoreGuest'] as const), place: 0, guest: mortalGuest(r) })],
  [1, (r) => ({ do: 'renameGuest', place: 0, guest: r.below(GUESTS[0] - MORTAL_GUESTS) })],
  [1, (r) => ({ do: 'renameRoom', place: 0, room: r.below(6) })],
  [4, (r, made) => ({ do: 'get', place: 0, of: targetOf(r, made, 0) })],
  [4, () => ({ do: 'list', place: 0 })],
  [5, (r) => ({ do: 'stays', place: r.below(2) })],
  [4, (r) => ({ do: 'free', place: r.below(2), stay: { from: 0, nights: DAYS + 3 } })],
  [2, () => ({ do: 'freeOfType', place: 0, stay: { from: 0, nights: DAYS + 3 } })],
]
const ALL = MAKERS.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

function nextAct(random: Random, made: Made): Act {
  return random.pick(ALL)(random, made)
}

function mortalGuest(random: Random): number {
  return GUESTS[0] - 1 - random.below(MORTAL_GUESTS)
}

function book(random: Random, place: number): Act {
  const rooms = roomsOf(random, random.pick([1, 1, 1, 1, 2, 3]), PLACES[place]?.rooms ?? 0)
  return { do: 'book', place, rooms, stay: stayOf(random), guest: random.below(GUESTS[0]), ...hold(random, 0.35) }
}

function bookType(random: Random): Act {
  const type = random.below(2)
  const guest = random.below(GUESTS[0])
  return {
    do: 'bookType',
    place: 0,
    type,
    count: 1 + random.below(2),
    stay: stayOf(random),
    guest,
    ...hold(random, 0.3),
  }
}

/** The operations on the small hotel, which a search for a serial order knows. */
function smallAct(random: Random, made: Made): Act {
  const place = SMALL_PLACE
  const stay = { from: random.below(3), nights: 1 + random.below(2) }
  const kind = random.below(10)
  const of = targetOf(random, made, place)
  if (kind < 3)
    return { do: 'book', place, rooms: roomsOf(random, 1 + random.below(2), 3), stay, guest: random.below(2) }
  if (kind < 6) return { do: 'cancel', place, of }
  if (kind < 7) return { do: 'restore', place, of }
  if (kind < 8) return { do: 'move', place, of, stay }
  if (kind < 9) return { do: 'swap', place, of, with: targetOf(random, made, place) }
  return { do: 'list', place }
}
