import { RoomBlock as RoomBlockMessage } from '@hotel/proto/hotel/reservations/v1/blocks'
import { Reservation as ReservationMessage } from '@hotel/proto/hotel/reservations/v1/reservations'
import { feedMessage } from '@hotel/runtime/changes/feed-messages'
import { RoomBlock } from './blocks/room-block.ts'
import { Reservation } from './reservation/reservation.ts'

/** The resources of this service, by their tables. */
export const resources = {
  reservation: feedMessage('hotel.reservations.v1.Reservation', Reservation, ReservationMessage),
  room_block: feedMessage('hotel.reservations.v1.RoomBlock', RoomBlock, RoomBlockMessage),
}
