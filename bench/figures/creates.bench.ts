import { authorized, CREATE, createRequest, createSide, PEERS, peerSide } from '../data/calls.ts'
import { checkHistory, checkState, type SentCreates } from '../data/history.ts'
import { type Home, openHome } from '../data/home.ts'
import { makePeerTables } from '../data/peer-tables.ts'
import { ghz } from '../load/ghz.ts'
import { refusalsOf } from '../load/metrics.ts'
import { connectionsFor } from '../load/sides.ts'
import type { Run } from '../run.ts'

const OURS = 'CreateReservation'
export const quickly = ['creates-128-some', 'creates-one-client']
const PEER_CLIENTS = 32

/** Creates in a database that begins empty and that nobody analyses but autovacuum. */
export async function alone(run: Run): Promise<void> {
  await using home = await openHome({ ...run.sizes, arrivals: 0 })
  await makePeerTables(home.adminUrl, ['bare'])
  const sent: SentCreates[] = []
  await run.figure({
    name: 'creates-128-growing',
    title: 'CreateReservation, 128 in flight, in a database that begins empty and grows',
    unit: 'creates/s',
    durability: home.durability,
    rows: { reservations: 0 },
    ...(run.quick ? {} : { rounds: 8, seconds: 12 }),
    sides: [createSide(OURS, home, 128, sent), peerSide(home, 'bare', PEER_CLIENTS)],
    comparisons: [{ of: OURS, to: PEERS.bare, must: 0.5, reach: 1 }],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

/** Creates among some reservations: 128 in flight, one client, and many who want the same. */
export async function some(run: Run, home: Home): Promise<void> {
  await makePeerTables(home.adminUrl)
  await manyInFlight(run, home, 'creates-128-some')
  await oneClient(run, home)
  await oneNight(run, home)
}

/** The same among many. */
export async function many(run: Run, home: Home): Promise<void> {
  await makePeerTables(home.adminUrl)
  await manyInFlight(run, home, 'creates-128-many')
}

/** What a create must come to, with its feed, its row of the view and its key. */
async function manyInFlight(run: Run, home: Home, name: string): Promise<void> {
  const sent: SentCreates[] = []
  await run.figure({
    name,
    title: 'CreateReservation, 128 in flight, with feed, view and idempotency key',
    unit: 'creates/s',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [
      createSide(OURS, home, 128, sent),
      peerSide(home, 'bare', PEER_CLIENTS),
      peerSide(home, 'all', PEER_CLIENTS),
    ],
    comparisons: [
      { of: OURS, to: PEERS.bare, must: 0.5, reach: 1 },
      { of: OURS, to: PEERS.all, must: 1.5, reach: 3 },
    ],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

async function oneClient(run: Run, home: Home): Promise<void> {
  const sent: SentCreates[] = []
  await run.figure({
    name: 'creates-one-client',
    title: 'CreateReservation, one client',
    unit: 'creates/s',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [createSide(OURS, home, 1, sent), peerSide(home, 'bare', 1)],
    comparisons: [{ of: OURS, to: PEERS.bare, must: 0.25, reach: 0.4 }],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

const WANT_THE_SAME = 512

/** Whoever comes first in a round has it; all others are refused, and for one reason. */
async function oneNight(run: Run, home: Home): Promise<void> {
  const address = home.stack.addresses.reservations[0] ?? ''
  const rounds: { readonly made: number; readonly refused: number; readonly sent: number }[] = []
  const reasons = () => refusalsOf(home.stack.metricsAddresses.reservations[0] ?? '', 'CreateReservation')
  const before = await reasons()
  await run.figure({
    name: 'creates-one-night',
    title: `CreateReservation, ${WANT_THE_SAME} clients on one room and one night`,
    unit: 'refusals/s',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [
      {
        name: OURS,
        by: 'ghz',
        inFlight: WANT_THE_SAME,
        processes: home.processes('reservations'),
        async round(seconds) {
          const round = await ghz(
            {
              address,
              method: CREATE,
              requests: [createRequest(home.house, home.take('new stay', 1))],
              metadata: authorized(home),
              inFlight: WANT_THE_SAME,
              connections: connectionsFor(WANT_THE_SAME),
              expected: 'FailedPrecondition',
            },
            seconds,
          )
          rounds.push({ made: round.failed?.OK ?? 0, refused: round.calls, sent: round.sent })
          return round
        },
      },
    ],
    comparisons: [],
    async check() {
      const other = [...(await reasons())].filter(
        ([reason, count]) => reason !== 'ROOM_NOT_AVAILABLE' && count > (before.get(reason) ?? 0),
      )
      const odd = rounds.filter(({ made, refused, sent }) => made !== 1 || made + refused !== sent)
      return [
        {
          name: 'one had it in each round, and all others were refused',
          ok: odd.length === 0,
          found: odd.length === 0 ? `${rounds.length} rounds` : JSON.stringify(odd),
        },
        {
          name: 'nobody was refused but by ROOM_NOT_AVAILABLE',
          ok: other.length === 0,
          found: other.map(([reason]) => reason).join(', ') || 'none',
        },
        ...(await checkState(home.adminUrl)),
      ]
    },
  })
}
