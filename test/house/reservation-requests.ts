import { day } from '../hotel.ts'
import type { House } from './house.ts'
import { each, filteredBy, type Requests } from './requests.ts'

/** Of the reservations service. */
export function reservationRequests(house: House): Requests {
  return { ...reservations(house), ...changes(house), ...stays(house), ...availability(house), ...blocks(house) }
}

/** Nights that nothing else holds. */
const nights = (from: number) => ({ in_date: day(from), out_date: day(from + 2) })

function reservations({ ids }: House): Requests {
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

function changes({ ids }: House): Requests {
  const { room, guest, reservation, other_reservation, doomed_reservation, deleted_reservation, held_reservation } = ids
  const { cancelled_reservation, entered_reservation, left_reservation } = ids
  return {
    'ReservationService/UpdateReservation': each(
      { id: reservation, note: 'late' },
      { id: reservation, guest, room },
      { id: reservation, rooms: [room] },
    ),
    'ReservationService/ReplaceReservation': each({ id: reservation, ...nights(10), guest, room }),
    'ReservationService/DeleteReservation': each({ id: doomed_reservation }),
    'ReservationService/CancelReservation': each({ id: cancelled_reservation, cause: 'GUEST' }),
    'ReservationService/UndeleteReservation': each({ id: deleted_reservation }),
    'ReservationService/ConfirmReservation': each({ id: held_reservation }),
    'ReservationService/UndoCheckIn': each({ id: entered_reservation }),
    'ReservationService/UndoCheckOut': each({ id: left_reservation }),
    'ReservationService/SwapRooms': each({ reservations: [reservation, other_reservation] }),
  }
}

function stays({ ids: { hotel, location, stay } }: House): Requests {
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

function availability({ ids: { hotel, location, room_type } }: House): Requests {
  const lists = [
    ...filteredBy({ hotel, location, room_type }, nights(100)),
    ...each({ ...nights(100), hotel, location, room_type }),
  ]
  return {
    'AvailabilityService/ListRoomAvailability': lists,
    'AvailabilityService/ListRoomTypeAvailability': lists,
  }
}

function blocks({ ids: { hotel, location, room, free_room, block, doomed_block } }: House): Requests {
  return {
    'RoomBlockService/CreateRoomBlock': each({ ...nights(140), room: free_room }),
    'RoomBlockService/GetRoomBlock': each({ id: block }),
    'RoomBlockService/ListRoomBlocks': [...filteredBy({ hotel, location, room }), ...each({ hotel, location, room })],
    'RoomBlockService/UpdateRoomBlock': each({ id: block, reason: 'paint' }),
    'RoomBlockService/DeleteRoomBlock': each({ id: doomed_block }),
    'RoomBlockService/WatchRoomBlocks': each({ hotel }),
  }
}
