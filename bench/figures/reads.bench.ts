import { GetGuestRequest, ListGuestsRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { ListReservationsRequest, ListStaysRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { ServiceName } from '@hotel/stack/service-names'
import { authorized } from '../data/calls.ts'
import type { Home } from '../data/home.ts'
import { idOf } from '../data/house.ts'
import { connectionsFor, ghzSide } from '../load/sides.ts'
import { type Peer, startPeer } from '../peers/start.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 32
/** Different ids that are asked for: what a hotel is busy with. */
const IDS = 1_000
const OURS = 'the service'
const BARE = 'nice-grpc, one named statement'
const ECHO = 'nice-grpc, echo'

export const quickly = ['get-guest', 'get-reservation', 'list-reservations', 'list-stays-50', 'refusal']

/** Reads of one resource and of a page, and a refusal for which nobody is asked. */
export async function some(run: Run, home: Home): Promise<void> {
  await using peers = new AsyncDisposableStack()
  const { dataDir, databaseUrls } = home.stack
  const start = async (name: ServiceName) => peers.use(await startPeer(name, dataDir, databaseUrls[name]))
  const bare = {
    guests: await start('guests'),
    rooms: await start('rooms'),
    reservations: await start('reservations'),
  }
  for (const read of readsOf(home)) await measure(run, home, read, bare[read.service])
  await refusal(run, home, peers.use(await startPeer('echo', dataDir)))
}

type Read = {
  readonly name: string
  readonly title: string
  readonly service: ServiceName
  readonly method: string
  readonly requests: readonly Uint8Array[]
}

function readsOf({ house, reservations }: Home): Read[] {
  const { hotel, location } = house
  const ids = (kind: 'guest' | 'room' | 'reservation', count: number) =>
    Array.from({ length: Math.min(IDS, count) }, (_, n) => GetGuestRequest.encode({ id: idOf(kind, n) }).finish())
  const guests = 'hotel.guests.v1.GuestService'
  const stays = 'hotel.reservations.v1.ReservationService'
  const page = { page_size: 50, hotel }
  const pageOfStays = (page_size: number): Read => ({
    name: `list-stays-${page_size}`,
    title: `ListCurrentAndUpcoming, page of ${page_size}`,
    service: 'reservations',
    method: `${stays}.ListCurrentAndUpcoming`,
    requests: [ListStaysRequest.encode(ListStaysRequest.fromPartial({ page_size, hotel, location })).finish()],
  })
  return [
    {
      name: 'get-guest',
      title: 'GetGuest',
      service: 'guests',
      method: `${guests}.GetGuest`,
      requests: ids('guest', house.guests),
    },
    {
      name: 'get-room',
      title: 'GetRoom',
      service: 'rooms',
      method: 'hotel.rooms.v1.RoomService.GetRoom',
      requests: ids('room', house.rooms),
    },
    {
      name: 'get-reservation',
      title: 'GetReservation',
      service: 'reservations',
      method: `${stays}.GetReservation`,
      requests: ids('reservation', reservations),
    },
    {
      name: 'list-guests',
      title: 'ListGuests, page of 50',
      service: 'guests',
      method: `${guests}.ListGuests`,
      requests: [ListGuestsRequest.encode(ListGuestsRequest.fromPartial(page)).finish()],
    },
    {
      name: 'list-reservations',
      title: 'ListReservations, page of 50',
      service: 'reservations',
      method: `${stays}.ListReservations`,
      requests: [ListReservationsRequest.encode(ListReservationsRequest.fromPartial(page)).finish()],
    },
    pageOfStays(50),
    pageOfStays(500),
  ]
}

async function measure(run: Run, home: Home, read: Read, peer: Peer): Promise<void> {
  const { service, method, requests } = read
  const common = { method, requests, inFlight: IN_FLIGHT, connections: connectionsFor(IN_FLIGHT) }
  const own = { ...common, address: home.stack.addresses[service][0] ?? '', metadata: authorized(home) }
  const processes = home.processes(service)
  await run.figure({
    name: read.name,
    title: `${read.title}, ${IN_FLIGHT} in flight`,
    unit: 'calls/s',
    rows: { reservations: home.reservations, guests: home.house.guests, rooms: home.house.rooms },
    sides: [
      ghzSide(OURS, own, processes),
      ghzSide(BARE, { ...common, address: peer.address, metadata: {} }, { ...processes, service: [peer.pid] }),
    ],
    comparisons: [{ of: OURS, to: BARE, must: 0.6, reach: 0.9 }],
  })
}

async function refusal(run: Run, home: Home, echo: Peer): Promise<void> {
  const common = {
    method: 'hotel.guests.v1.GuestService.GetGuest',
    requests: [GetGuestRequest.encode({ id: 'none' }).finish()],
    inFlight: IN_FLIGHT,
    connections: connectionsFor(IN_FLIGHT),
  }
  const own = { ...common, address: home.stack.addresses.guests[0] ?? '', metadata: authorized(home) }
  const processes = home.processes('guests')
  await run.figure({
    name: 'refusal',
    title: `A refusal without a question to anybody: GetGuest of an id that is none, ${IN_FLIGHT} in flight`,
    unit: 'calls/s',
    sides: [
      ghzSide(OURS, { ...own, expected: 'NotFound' }, processes),
      ghzSide(ECHO, { ...common, address: echo.address, metadata: {} }, { service: [echo.pid] }),
    ],
    comparisons: [{ of: OURS, to: ECHO, must: 0.6, reach: 0.8 }],
  })
}
