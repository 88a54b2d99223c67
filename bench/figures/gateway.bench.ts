import { randomUUID } from 'node:crypto'
import { CreateGuestRequest, GetGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { ListReservationsRequest, ListStaysRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { ServiceName } from '@hotel/stack/service-names'
import { authorized, createJson, createSide } from '../data/calls.ts'
import { checkHistory, newStaysOf, type SentCreates } from '../data/history.ts'
import type { Home } from '../data/home.ts'
import { idOf } from '../data/house.ts'
import type { Processes, Side } from '../frame/figure.ts'
import { clientSide } from '../load/clients.ts'
import { h2load } from '../load/h2load.ts'
import { poster } from '../load/rest.ts'
import { connectionsFor, ghzSide } from '../load/sides.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 32
const CREATES_IN_FLIGHT = 128
const DIRECT = 'gRPC, straight to the service'
const GRPC = 'gRPC by the gateway'
const REST = 'REST by the gateway'
const COMPARISONS = [
  { of: GRPC, to: DIRECT, must: 0.5 },
  { of: REST, to: DIRECT, must: 0.45 },
]

export const quickly = ['gateway-get-guest', 'gateway-create-reservation']

/** The same calls straight to a service and by the gateway, over gRPC and over REST. */
export async function some(run: Run, home: Home): Promise<void> {
  for (const call of callsOf(home))
    await run.figure({
      name: `gateway-${call.name}`,
      title: `${call.title}, ${IN_FLIGHT} in flight`,
      unit: 'calls/s',
      rows: { reservations: home.reservations },
      sides: sidesOf(home, call),
      comparisons: COMPARISONS,
    })
  await creates(run, home)
}

type Call = {
  readonly name: string
  readonly title: string
  readonly service: ServiceName
  readonly method: string
  readonly requests: readonly Uint8Array[]
  readonly paths: readonly string[]
  readonly body?: string
  /** What is answered where it is not OK. */
  readonly refused?: { readonly grpc: string; readonly rest: number }
}

function callsOf({ house }: Home): Call[] {
  const { hotel, location } = house
  const ids = Array.from({ length: Math.min(1_000, house.guests) }, (_, n) => idOf('guest', n))
  const page = { page_size: 50, hotel }
  const stays = { ...page, location }
  const query = (fields: Record<string, string | number>) =>
    new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)])).toString()
  const getGuest = { service: 'guests', method: 'hotel.guests.v1.GuestService.GetGuest' } as const
  return [
    {
      ...getGuest,
      name: 'get-guest',
      title: 'GetGuest',
      requests: ids.map((id) => GetGuestRequest.encode({ id }).finish()),
      paths: ids.map((id) => `/guests/${id}`),
    },
    {
      ...getGuest,
      name: 'refusal',
      title: 'GetGuest of an id that is none',
      requests: [GetGuestRequest.encode({ id: 'none' }).finish()],
      paths: ['/guests/none'],
      refused: { grpc: 'NotFound', rest: 404 },
    },
    {
      name: 'create-guest',
      title: 'CreateGuest',
      service: 'guests',
      method: 'hotel.guests.v1.GuestService.CreateGuest',
      requests: [CreateGuestRequest.encode(CreateGuestRequest.fromPartial({ hotel, first_name: 'Ada' })).finish()],
      paths: ['/guests'],
      body: JSON.stringify({ hotel, first_name: 'Ada' }),
    },
    {
      name: 'list-reservations',
      title: 'ListReservations, page of 50',
      service: 'reservations',
      method: 'hotel.reservations.v1.ReservationService.ListReservations',
      requests: [ListReservationsRequest.encode(ListReservationsRequest.fromPartial(page)).finish()],
      paths: [`/reservations?${query(page)}`],
    },
    {
      name: 'list-stays',
      title: 'ListCurrentAndUpcoming, page of 50',
      service: 'reservations',
      method: 'hotel.reservations.v1.ReservationService.ListCurrentAndUpcoming',
      requests: [ListStaysRequest.encode(ListStaysRequest.fromPartial(stays)).finish()],
      paths: [`/reservations/current_and_upcoming?${query(stays)}`],
    },
  ]
}

function sidesOf(home: Home, { service, method, requests, paths, body, refused }: Call): Side[] {
  const metadata = authorized(home)
  const load = { method, requests, metadata, inFlight: IN_FLIGHT, connections: connectionsFor(IN_FLIGHT) }
  const expected = refused === undefined ? {} : { expected: refused.grpc }
  const processes = { gateway: [gatewayOf(home).pid], ...home.processes(service) }
  const rest = {
    origin: `http://${gatewayOf(home).address}`,
    paths,
    headers: { ...metadata, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
    clients: IN_FLIGHT,
    expected: refused?.rest ?? (body === undefined ? 200 : 201),
  }
  return [
    ghzSide(DIRECT, { ...load, ...expected, address: home.stack.addresses[service][0] ?? '' }, processes),
    ghzSide(GRPC, { ...load, ...expected, address: gatewayOf(home).address }, processes),
    { name: REST, by: 'h2load', inFlight: IN_FLIGHT, processes, round: (seconds) => h2load(rest, seconds) },
  ]
}

/** A body for each request is more than h2load can send: over REST the bench itself does. */
async function creates(run: Run, home: Home): Promise<void> {
  const sent: SentCreates[] = []
  const processes: Processes = { gateway: [gatewayOf(home).pid], ...home.processes('reservations') }
  const { post, close } = poster(`http://${gatewayOf(home).address}`, authorized(home))
  const keys = `${randomUUID()}-`
  let made = 0
  const rest = async () => {
    const n = home.take('new stay', 1)
    const status = await post('/reservations', createJson(home.house, n), { 'idempotency-key': `${keys}${n}` })
    if (status !== 201) throw new Error(`POST /reservations was answered by ${status}`)
    made += 1
  }
  await run.figure({
    name: 'gateway-create-reservation',
    title: `CreateReservation, ${CREATES_IN_FLIGHT} in flight`,
    unit: 'creates/s',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [
      { ...createSide(DIRECT, home, CREATES_IN_FLIGHT, sent), processes },
      { ...createSide(GRPC, home, CREATES_IN_FLIGHT, sent, gatewayOf(home).address), processes },
      clientSide({ name: REST, clients: CREATES_IN_FLIGHT, call: rest, processes }),
    ],
    comparisons: COMPARISONS,
    check() {
      sent.push({ keys, first: 0, sent: made, acknowledged: made, stays: newStaysOf(home.house) })
      return checkHistory(home.adminUrl, sent)
    },
  })
  close()
}

function gatewayOf({ stack: { gateway } }: Home): { readonly address: string; readonly pid: number } {
  if (gateway === undefined) throw new Error('the suite has no gateway')
  return { address: `127.0.0.1:${gateway.port}`, pid: gateway.process.pid ?? 0 }
}
