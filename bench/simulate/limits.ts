import type { Costs } from './costs.ts'
import type { MeasuredRows } from './measure.ts'
import { busiestShare, busyOf, type Demand, type Nodes, ratesOf, serversOf } from './plan.ts'
import { zipfShares } from './random.ts'

/** What there is of something, and what the peak takes of it: above 1 it does not last. */
export type Limit = { readonly name: string; readonly used: number; readonly words: string }

/** What the limits are reckoned by. */
export type Given = {
  readonly demand: Demand
  readonly costs: Costs
  readonly nodes: Nodes
  readonly rows: MeasuredRows
  /** Creates a second that one hotel takes. */
  readonly hotelLimit: number
  /** Guests that are made or changed a second at the peak. */
  readonly guestChanges: number
  /** Processes of the reservations service on a node. */
  readonly processes: number
}

/** Streams of heads that a process serves (services/runtime/changes/feed.ts): each process of reservations has one. */
const MOST_FOLLOWERS = 256

/** Each limit, that which is reached first at the top. */
export function limitsOf(given: Given): Limit[] {
  const { demand, costs, nodes, hotelLimit } = given
  const shares = zipfShares(demand.hotels, demand.zipf)
  const hottest = shares[0] ?? 0
  const rates = ratesOf(demand)
  const tier = (name: keyof Nodes, share: number, words: string): Limit => ({
    name,
    used: (busyOf(demand, costs, name, nodes[name]) * share) / serversOf(name, demand.cores),
    words,
  })
  const limits = [
    tier('gateway', 1 / nodes.gateway, `processors of ${nodes.gateway} gateways`),
    tier('service', 1 / nodes.service, `processors of ${nodes.service} nodes of services`),
    tier(
      'postgres',
      busiestShare(shares, nodes.postgres),
      `processors of the busiest of ${nodes.postgres} nodes of Postgres`,
    ),
    tier('redis', 1 / nodes.redis, `the one processor of each of ${nodes.redis} Redis`),
    {
      name: 'one hotel, reads',
      used: (busyOf(demand, costs, 'postgres', nodes.postgres) * hottest) / demand.cores,
      words: 'processors of the node that has the most popular hotel, for this hotel alone',
    },
    {
      name: 'one hotel, creates',
      used: (rates.create * hottest) / hotelLimit,
      words: `creates of the most popular hotel, of the ${hotelLimit.toFixed(0)}/s that the head of a hotel lets through`,
    },
    ...feedLimits(given),
  ]
  return limits.sort((a, b) => b.used - a.used)
}

/** Every process of reservations follows the guests of all hotels. */
function feedLimits({ nodes, rows, guestChanges, processes, demand }: Given): Limit[] {
  const readers = nodes.service * processes
  const perChange = rows.followMicros.service / 1e6
  const ofPostgres = (rows.followMicros.postgres / 1e6) * guestChanges * readers
  return [
    {
      name: 'feed readers, each',
      used: guestChanges * perChange,
      words: `the processor of a process that follows ${guestChanges}/s changes of guests beside its calls`,
    },
    {
      name: 'feed readers, all',
      used: ofPostgres / (nodes.postgres * demand.cores),
      words: `processors of Postgres for ${readers} readers that each apply every change`,
    },
    {
      name: 'feed readers, streams',
      used: readers / MOST_FOLLOWERS,
      words: `${readers} streams of heads, of ${MOST_FOLLOWERS} that a process of guests serves`,
    },
  ]
}

/** What is kept, and how it grows. */
export type Storage = {
  /** GiB of rooms and guests, and of their copies beside the reservations. */
  readonly own: number
  readonly copies: number
  /** GiB that a year of reservations and their history adds. */
  readonly perYear: number
  /** MiB of log a second at the peak, for each standby. */
  readonly walPerSecond: number
}

const GIB = 2 ** 30

/** How much there is on the disks, with so many guests for each room, and a part of the peak all day long. */
export function storageOf(
  { demand, rows }: Pick<Given, 'demand' | 'rows'>,
  guestsPerRoom: number,
  average: number,
): Storage {
  const { bytesPerRow, createBytes, createWalBytes } = rows
  const guests = demand.rooms * guestsPerRoom
  const sum = (guest: string, room: string) =>
    (guests * (bytesPerRow[guest] ?? 0) + demand.rooms * (bytesPerRow[room] ?? 0)) / GIB
  return {
    own: sum('guest', 'room'),
    copies: sum('copy of a guest', 'copy of a room'),
    perYear: (demand.creates * average * 365 * 86_400 * createBytes) / GIB,
    walPerSecond: (demand.creates * createWalBytes) / 2 ** 20,
  }
}
