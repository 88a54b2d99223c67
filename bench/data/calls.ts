import { randomUUID } from 'node:crypto'
import { CreateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Processes, Round, Side } from '../frame/figure.ts'
import { type GhzLoad, ghz } from '../load/ghz.ts'
import { connectionsFor, pgbenchSide } from '../load/sides.ts'
import { newStaysOf, type SentCreates } from './history.ts'
import type { Home } from './home.ts'
import { dayAfter, type FullHotel, idOf, NEW_NIGHTS, newStay } from './house.ts'
import { allScript, bareScript, nextOfPeer, type PeerSet, peerVariables } from './peer-tables.ts'

/** The metadata of a call by the bench's own token. */
export function authorized({ token }: { readonly token: string }) {
  return { authorization: `Bearer ${token}` }
}

/** More than anything answers: requests are made beforehand, for as long as a round is. */
export const MOST_PER_SECOND = 15_000

/** A call that each time has a request of its own, by a number which is used once. */
export type NumberedCalls = Omit<GhzLoad, 'requests' | 'metadata'> & {
  /** What the numbers are of; who shares it shares them. */
  readonly numbers: string
  readonly requestOf: (n: number) => Uint8Array
  readonly metadata?: Readonly<Record<string, string>>
}

/** Drives such calls for a round; gives the first of their numbers too. Throws when there were too few requests. */
export async function numbered(home: Home, load: NumberedCalls, seconds: number) {
  const most = Math.ceil(seconds * MOST_PER_SECOND) + load.inFlight
  const first = home.take(load.numbers, 0)
  const requests = Array.from({ length: most }, (_, n) => load.requestOf(first + n))
  const round = await ghz({ ...load, requests, metadata: { ...authorized(home), ...load.metadata } }, seconds)
  if (round.sent > most) throw new Error(`${round.sent} calls were made with ${most} requests`)
  home.take(load.numbers, round.sent)
  return { ...round, first }
}

/** The request of a new stay. */
export function createRequest(house: FullHotel, n: number): Uint8Array {
  return creationOf(stayOf(house, n))
}

/** The same as the body of a POST. */
export function createJson(house: FullHotel, n: number): string {
  return JSON.stringify(whole(stayOf(house, n)))
}

/** The request of a stay of this guest in this room, for NEW_NIGHTS nights from this day on. */
export function creationOf(stay: Stay): Uint8Array {
  return CreateReservationRequest.encode(CreateReservationRequest.fromPartial(whole(stay))).finish()
}

type Stay = { readonly guest: string; readonly room: string; readonly in_date: string }

function stayOf(house: FullHotel, n: number): Stay {
  const { room, day } = newStay(n, house)
  return { guest: idOf('guest', n % house.guests), room: idOf('room', room), in_date: dayAfter(house.today, day) }
}

function whole(stay: Stay) {
  return { ...stay, out_date: dayAfter(stay.in_date, NEW_NIGHTS) }
}

export const CREATE = 'hotel.reservations.v1.ReservationService.CreateReservation'

/** CreateReservation with a key each, all of them possible; what was sent is noted in `sent`. */
export function createSide(
  name: string,
  home: Home,
  inFlight: number,
  sent: SentCreates[],
  address = home.stack.addresses.reservations[0] ?? '',
  perSecond?: number,
): Side {
  const round = async (seconds: number): Promise<Round> => {
    const keys = `${randomUUID()}-`
    const { first, ...made } = await numbered(
      home,
      {
        address,
        method: CREATE,
        numbers: 'new stay',
        requestOf: (n) => createRequest(home.house, n),
        metadata: { 'idempotency-key': `${keys}{{.RequestNumber}}` },
        inFlight,
        connections: connectionsFor(inFlight),
        ...(perSecond !== undefined && { perSecond }),
      },
      seconds,
    )
    sent.push({ keys, first, sent: made.sent, acknowledged: made.calls, stays: newStaysOf(home.house) })
    return made
  }
  return { name, by: 'ghz', inFlight, processes: home.processes('reservations'), round }
}

/** Books each room once: a process that has not met a room yet makes the create alone, to learn the room's hotel. */
export async function bookEachRoom(home: Home): Promise<void> {
  const side = createSide('creates', home, 128, [])
  while (home.take('new stay', 0) < home.house.rooms) await side.round(1)
}

/** What the peers of a create are called. */
export const PEERS: Readonly<Record<PeerSet, string>> = {
  bare: 'pgbench, the bare two inserts',
  all: 'pgbench, all of the same rows',
}

/** The same by pgbench, on tables of its own, in which the service's stays are up to now. */
export function peerSide(home: Home, set: PeerSet, clients: number): Side {
  const { adminUrl, house } = home
  const copied = home.take('new stay', 0)
  const script = set === 'bare' ? bareScript(house) : allScript(house)
  const postgres: Processes = { postgres: [home.stack.postgres?.process.pid ?? 0] }
  return pgbenchSide(
    PEERS[set],
    clients,
    async () => ({
      url: databaseUrl(adminUrl, 'reservations'),
      script,
      clients,
      variables: { ...peerVariables(house, clients), from: Math.max(copied, await nextOfPeer(adminUrl, set)) },
    }),
    postgres,
  )
}
