import { randomUUID } from 'node:crypto'
import { CreateGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import {
  DeleteReservationRequest,
  Reservation_Status as Status,
  UpdateReservationRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { CreateRoomRequest } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { ServiceName } from '@hotel/stack/service-names'
import { numbered, PEERS, peerSide } from '../data/calls.ts'
import { checkState } from '../data/history.ts'
import type { Home } from '../data/home.ts'
import { dayAfter, type FullHotel, idOf, SLOT_DAYS } from '../data/house.ts'
import { makePeerTables } from '../data/peer-tables.ts'
import type { Side } from '../frame/figure.ts'
import { connectionsFor } from '../load/sides.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 32

export const quickly = ['update-dates', 'create-guest']

/** The other writes, all in one hotel, each beside the bare inserts. */
export async function some(run: Run, home: Home): Promise<void> {
  await makePeerTables(home.adminUrl, ['bare'])
  for (const write of writesOf(home)) {
    const ours = write.title
    await run.figure({
      name: write.name,
      title: `${write.title}, ${IN_FLIGHT} in flight, one hotel`,
      unit: 'writes/s',
      durability: home.durability,
      rows: { reservations: home.reservations },
      sides: [sideOf(home, write), peerSide(home, 'bare', IN_FLIGHT)],
      comparisons: [{ of: ours, to: PEERS.bare, must: 0.12, reach: 0.4 }],
      check: () => checkState(home.adminUrl),
    })
  }
}

type Write = {
  readonly name: string
  readonly title: string
  readonly service: ServiceName
  readonly method: string
  readonly requestOf: (n: number) => Uint8Array
}

/** Dates of even reservations and deletions of odd ones: none is both. */
function writesOf({ house, reservations }: Home): Write[] {
  const stays = 'hotel.reservations.v1.ReservationService'
  const name = randomUUID()
  const half = Math.floor(reservations / 2)
  return [
    {
      name: 'update-dates',
      title: 'UpdateReservation (dates)',
      service: 'reservations',
      method: `${stays}.UpdateReservation`,
      requestOf: (n) => datesRequest(house, (n % half) * 2, Math.floor(n / half)),
    },
    {
      name: 'update-status',
      title: 'UpdateReservation (status)',
      service: 'reservations',
      method: `${stays}.UpdateReservation`,
      requestOf: (n) => statusRequest(n % house.annexRooms, Math.floor(n / house.annexRooms)),
    },
    {
      name: 'delete-reservation',
      title: 'DeleteReservation',
      service: 'reservations',
      method: `${stays}.DeleteReservation`,
      requestOf: (n) =>
        DeleteReservationRequest.encode(
          DeleteReservationRequest.fromPartial({ id: idOf('reservation', n * 2 + 1) }),
        ).finish(),
    },
    {
      name: 'create-guest',
      title: 'CreateGuest',
      service: 'guests',
      method: 'hotel.guests.v1.GuestService.CreateGuest',
      requestOf: (n) =>
        CreateGuestRequest.encode(
          CreateGuestRequest.fromPartial({ hotel: house.hotel, first_name: 'Ada', last_name: `Lovelace ${n}` }),
        ).finish(),
    },
    {
      name: 'create-room',
      title: 'CreateRoom',
      service: 'rooms',
      method: 'hotel.rooms.v1.RoomService.CreateRoom',
      requestOf: (n) =>
        CreateRoomRequest.encode(
          CreateRoomRequest.fromPartial({ number: `${name} ${n}`, location: house.annex }),
        ).finish(),
    },
  ]
}

/** One night less, and the night again the next time. */
function datesRequest({ rooms, today }: FullHotel, reservation: number, turn: number): Uint8Array {
  const first = Math.floor(reservation / rooms) * SLOT_DAYS + ((reservation % rooms) % 3)
  return UpdateReservationRequest.encode(
    UpdateReservationRequest.fromPartial({
      id: idOf('reservation', reservation),
      out_date: dayAfter(today, first + (turn % 2 === 0 ? 1 : 2)),
    }),
  ).finish()
}

/** The guests of the annex arrive, and then leave. */
function statusRequest(arrival: number, turn: number): Uint8Array {
  return UpdateReservationRequest.encode(
    UpdateReservationRequest.fromPartial({
      id: idOf('arrival', arrival),
      status: turn === 0 ? Status.CHECKED_IN : Status.CHECKED_OUT,
    }),
  ).finish()
}

/** Every one must be answered well: a write that is refused is another one. */
function sideOf(home: Home, { title, service, method, requestOf, name }: Write): Side {
  return {
    name: title,
    by: 'ghz',
    inFlight: IN_FLIGHT,
    processes: home.processes(service),
    async round(seconds) {
      const address = home.stack.addresses[service][0] ?? ''
      const common = { address, method, numbers: name, requestOf, inFlight: IN_FLIGHT }
      const round = await numbered(home, { ...common, connections: connectionsFor(IN_FLIGHT) }, seconds)
      if (round.failed !== undefined) throw new Error(`${title}: ${JSON.stringify(round.failed)}`)
      return round
    },
  }
}
