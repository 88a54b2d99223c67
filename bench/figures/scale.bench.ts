import { ListRoomAvailabilityRequest } from '@hotel/proto/hotel/reservations/v1/availability'
import {
  GetReservationRequest,
  ListReservationsRequest,
  ListStaysRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { authorized, createSide } from '../data/calls.ts'
import { checkHistory, type SentCreates } from '../data/history.ts'
import type { Home } from '../data/home.ts'
import { dayAfter, idOf } from '../data/house.ts'
import type { Point, Side } from '../frame/figure.ts'
import { connectionsFor, ghzSide } from '../load/sides.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 32
const CREATES_IN_FLIGHT = 128
const NIGHTS = 14

/** How the processor time of a call grows with the reservations that there are. */
export const few = byReservations
export const many = byReservations

/** The same with some, and how it grows with the clients and with the rooms that are asked for. */
export async function some(run: Run, home: Home): Promise<void> {
  await byReservations(run, home)
  await byClients(run, home)
  await byRooms(run, home)
}

async function byReservations(run: Run, home: Home): Promise<void> {
  const { hotel, location } = home.house
  const size = await administer(databaseUrl(home.adminUrl, 'reservations'), async (client) => {
    const { rows } = await client.query<{ count: string }>('select count(*) from reservation')
    return Number(rows[0]?.count)
  })
  const sent: SentCreates[] = []
  const point = (call: string): Point => ({ call, of: 'reservations', size })
  const ids = Array.from({ length: Math.min(1_000, home.reservations) }, (_, n) => idOf('reservation', n))
  await run.figure({
    name: `scale-reservations-${home.reservations}`,
    title: 'Calls among so many reservations',
    unit: 'calls/s',
    durability: home.durability,
    rows: { reservations: size },
    sides: [
      { ...createSide('CreateReservation', home, CREATES_IN_FLIGHT, sent), point: point('CreateReservation') },
      readSide(
        home,
        point('GetReservation'),
        'GetReservation',
        ids.map((id) => GetReservationRequest.encode({ id }).finish()),
      ),
      readSide(home, point('ListReservations, page of 50'), 'ListReservations', [
        ListReservationsRequest.encode(ListReservationsRequest.fromPartial({ page_size: 50, hotel })).finish(),
      ]),
      readSide(home, point('ListCurrentAndUpcoming, page of 50'), 'ListCurrentAndUpcoming', [
        ListStaysRequest.encode(ListStaysRequest.fromPartial({ page_size: 50, hotel, location })).finish(),
      ]),
      availabilitySide(home, point(`availability of 60 rooms, ${NIGHTS} nights`), 60),
    ],
    comparisons: [],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

async function byClients(run: Run, home: Home): Promise<void> {
  const sent: SentCreates[] = []
  const ids = Array.from({ length: Math.min(1_000, home.reservations) }, (_, n) => idOf('reservation', n))
  const requests = ids.map((id) => GetReservationRequest.encode({ id }).finish())
  const creates = [1, 16, 128, 512].map((size): Side => {
    const name = `CreateReservation, ${size} clients`
    return { ...createSide(name, home, size, sent), point: { call: 'CreateReservation', of: 'clients', size } }
  })
  const reads = [1, 16, 128].map((size) =>
    readSide(home, { call: 'GetReservation', of: 'clients', size }, 'GetReservation', requests, size),
  )
  await run.figure({
    name: 'scale-clients',
    title: 'Calls by so many clients at once',
    unit: 'calls/s',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [...creates, ...reads],
    comparisons: [],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

async function byRooms(run: Run, home: Home): Promise<void> {
  const call = `availability, ${NIGHTS} nights`
  await run.figure({
    name: 'scale-rooms',
    title: 'A search of so many rooms',
    unit: 'calls/s',
    rows: { reservations: home.reservations },
    sides: [20, 100, 500].map((size) => availabilitySide(home, { call, of: 'rooms', size }, size)),
    comparisons: [],
  })
}

function readSide(home: Home, point: Point, method: string, requests: Uint8Array[], inFlight = IN_FLIGHT): Side {
  const load = {
    address: home.stack.addresses.reservations[0] ?? '',
    method: `hotel.reservations.v1.ReservationService.${method}`,
    requests,
    metadata: authorized(home),
    inFlight,
    connections: connectionsFor(inFlight),
  }
  return { ...ghzSide(nameOf(point), load, home.processes('reservations')), point }
}

function availabilitySide(home: Home, point: Point, page_size: number): Side {
  const { location, today } = home.house
  const dates = { in_date: dayAfter(today, 7), out_date: dayAfter(today, 7 + NIGHTS) }
  const request = ListRoomAvailabilityRequest.fromPartial({ page_size, location, ...dates })
  const load = {
    address: home.stack.addresses.reservations[0] ?? '',
    method: 'hotel.reservations.v1.AvailabilityService.ListRoomAvailability',
    requests: [ListRoomAvailabilityRequest.encode(request).finish()],
    metadata: authorized(home),
    inFlight: 8,
  }
  return { ...ghzSide(nameOf(point), load, home.processes('reservations')), point }
}

function nameOf({ call, of, size }: Point): string {
  return of === 'reservations' ? call : `${call}, ${size} ${of}`
}
