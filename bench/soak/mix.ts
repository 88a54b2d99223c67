import { GetGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import {
  GetReservationRequest,
  ListReservationsRequest,
  ListStaysRequest,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { createRequest } from '../data/calls.ts'
import { type FullHotel, idOf } from '../data/house.ts'

/** A kind of call in the mix. */
export type Kind = {
  readonly name: string
  readonly path: string
  /** How many of each `TURN` calls are of it. */
  readonly share: number
  /** The message of the n-th call of the kind. */
  readonly request: (n: number) => Uint8Array
  /** A call with a key of its own, so that one that was acknowledged can be looked for. */
  readonly hasKey: boolean
}

/** So many calls have each kind as often as its share says. */
export const TURN = 10

/** What a desk does all day: it looks at guests, stays and lists, and books now and then. */
export function deskMix(house: FullHotel, reservations: number): readonly Kind[] {
  const { hotel, location, guests, rooms } = house
  const of = (service: string, method: string) => `/hotel.${service}.v1.${method}`
  const page = { page_size: 50, hotel }
  const read = (name: string, path: string, share: number, request: Kind['request']): Kind => ({
    name,
    path,
    share,
    request,
    hasKey: false,
  })
  return [
    {
      name: 'CreateReservation',
      path: of('reservations', 'ReservationService/CreateReservation'),
      share: 2,
      request: (n) => createRequest(house, n),
      hasKey: true,
    },
    read('GetReservation', of('reservations', 'ReservationService/GetReservation'), 3, (n) =>
      GetReservationRequest.encode({ id: idOf('reservation', n % reservations) }).finish(),
    ),
    read('GetGuest', of('guests', 'GuestService/GetGuest'), 2, (n) =>
      GetGuestRequest.encode({ id: idOf('guest', n % guests) }).finish(),
    ),
    read('ListCurrentAndUpcoming', of('reservations', 'ReservationService/ListCurrentAndUpcoming'), 2, () =>
      ListStaysRequest.encode(ListStaysRequest.fromPartial({ ...page, location })).finish(),
    ),
    read('ListReservations of a room', of('reservations', 'ReservationService/ListReservations'), 1, (n) =>
      ListReservationsRequest.encode(
        ListReservationsRequest.fromPartial({ ...page, room: idOf('room', n % rooms) }),
      ).finish(),
    ),
  ]
}

/** The kinds in the order in which they are called, again and again: each spread over the turn. */
export function turnOf(kinds: readonly Kind[]): readonly Kind[] {
  const places = kinds.flatMap((kind) =>
    Array.from({ length: kind.share }, (_, n) => ({ kind, at: (n + 0.5) / kind.share })),
  )
  return places.sort((a, b) => a.at - b.at).map(({ kind }) => kind)
}
