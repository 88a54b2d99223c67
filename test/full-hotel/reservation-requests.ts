import { day } from '../support/hotel.ts'
import type { FullHotel } from './full-hotel.ts'
import { each, filteredBy, type Requests } from './requests-of-method.ts'

/** Of the reservations service. */
export function reservationRequests(fullHotel: FullHotel): Requests {
  return {
    ...reservations(fullHotel),
    ...changes(fullHotel),
    ...stays(fullHotel),
    ...availability(fullHotel),
    ...blocks(fullHotel),
  }
}

/** Nights that nothing else holds. */
const nights = (from: number) => ({ in_date: day(from), out_date: day(from + 2) })

function reservations({ ids }: FullHotel): Requests {
  const { hotel, location, room_type, room, free_room, other_room, guest, reservation } = ids
  const { stay, deleted_reservation, held_reservation } = ids
  return {
    'ReservationService/CreateReservation': each(
      { ...nights(100), guest, room: free_room },
      { ...nights(110), guest, rooms: [free_room, other_room], location },
      { ...nights(120), guest, room_type, location },
    ),
    'ReservationService/GetReservation': each(
      ...[reservation, stay, deleted_reservation, held_reservation].map((id) => ({ id })),
    ),
    'ReservationService/ListReservations': [
      ...filteredBy({ hotel, location, guest, room }, { show_deleted: true }),
      ...each({ hotel, location, guest, room }),
    ],
    'ReservationService/ListReservationHistory': each({ id: reservation }),
    'ReservationService/WatchReservations': each({ hotel }),
  }
}

function changes({ ids }: FullHotel): Requests {
  const { room, guest, reservation, other_reservation, doomed_reservation, deleted_reservation, held_reservation } = ids
  const { cancelled_reservation, entered_reservation, left_reservation, location } = ids
  return {
    'ReservationService/UpdateReservation': each(
      { id: reservation, note: 'late' },
      { id: reservation, guest, room },
      { id: reservation, rooms: [room] },
    ),
    'ReservationService/ReplaceReservation': each({ id: reservation, ...nights(10), guest, room }),
    'ReservationService/DeleteReservation': each({ id: doomed_reservation }),
    'ReservationService/CancelReservation': each({ id: cancelled_reservation, cause: 'GUEST' }),
    'ReservationService/MarkNoShows': each({ location, validate_only: true }, { location, date: day(-300) }),
    'ReservationService/UndeleteReservation': each({ id: deleted_reservation }),
    'ReservationService/ConfirmReservation': each({ id: held_reservation }),
    'ReservationService/UndoCheckIn': each({ id: entered_reservation }),
    'ReservationService/UndoCheckOut': each({ id: left_reservation }),
    'ReservationService/SwapRooms': each({ reservations: [reservation, other_reservation] }),
  }
}

function stays({ ids: { hotel, location, stay } }: FullHotel): Requests {
  const lists = [...filteredBy({ hotel, location }), ...each({ hotel, location })]
  return {
    'ReservationService/ListCurrentAndUpcoming': lists,
    'ReservationService/ListCurrent': lists,
    'ReservationService/ListUpcoming': lists,
    'ReservationService/ListInHouse': lists,
    'ReservationService/ListArrivals': lists,
    'ReservationService/ListDepartures': [...lists, ...each({ hotel, date: day(2) })],
    'ReservationService/GetCurrentAndUpcoming': each({ id: stay }),
  }
}

function availability({ ids: { hotel, location, room_type } }: FullHotel): Requests {
  const lists = [
    ...filteredBy({ hotel, location, room_type }, nights(100)),
    ...each({ ...nights(100), hotel, location, room_type }),
  ]
  return {
    'AvailabilityService/ListRoomAvailability': lists,
    'AvailabilityService/ListRoomTypeAvailability': lists,
  }
}

function blocks({ ids: { hotel, location, room, free_room, block, doomed_block } }: FullHotel): Requests {
  return {
    'RoomBlockService/CreateRoomBlock': each({ ...nights(140), room: free_room }),
    'RoomBlockService/GetRoomBlock': each({ id: block }),
    'RoomBlockService/ListRoomBlocks': [...filteredBy({ hotel, location, room }), ...each({ hotel, location, room })],
    'RoomBlockService/UpdateRoomBlock': each({ id: block, reason: 'paint' }),
    'RoomBlockService/DeleteRoomBlock': each({ id: doomed_block }),
    'RoomBlockService/WatchRoomBlocks': each({ hotel }),
  }
}
