import { pastTriggers } from './fill.ts'
import { sqlIdOf } from './house.ts'

/** Rooms of each of many hotels. */
export const HOTEL_ROOMS = 10

/** Makes hotels by number from 0, each with a location, rooms and a guest: where they belong, and where they are copied to. */
export async function fillHotels(adminUrl: string, count: number): Promise<void> {
  const every = `from generate_series(0, ${count - 1}) h`
  const everyRoom = `${every}, generate_series(0, ${HOTEL_ROOMS - 1}) r`
  const hotel = sqlIdOf('hotel', 'h')
  const location = sqlIdOf('location', '1000 + h')
  const room = sqlIdOf('hotelRoom', `h * ${HOTEL_ROOMS} + r`)
  const made = "now(), now(), 'bench'"
  const columns = 'create_time, update_time, updated_by'
  await pastTriggers(
    adminUrl,
    'rooms',
    `insert into hotel (hotel_id, id, name, ${columns}) select ${hotel}, ${hotel}, 'Hotel ' || h, ${made} ${every}`,
    `insert into location (hotel_id, id, name, time_zone, ${columns})
     select ${hotel}, ${location}, 'FullHotel ' || h, 'UTC', ${made} ${every}`,
    `insert into room (hotel_id, id, location_id, number, ${columns})
     select ${hotel}, ${room}, ${location}, r + 1, ${made} ${everyRoom}`,
  )
  await pastTriggers(
    adminUrl,
    'guests',
    `insert into guest (hotel_id, id, first_name, last_name, ${columns})
     select ${hotel}, ${sqlIdOf('hotelGuest', 'h')}, 'Ada', 'Lovelace', ${made} ${every}`,
  )
  await pastTriggers(
    adminUrl,
    'reservations',
    `insert into hotel (hotel_id, id, name, version) select ${hotel}, ${hotel}, 'Hotel ' || h, 1 ${every}`,
    `insert into location (hotel_id, id, name, time_zone, version)
     select ${hotel}, ${location}, 'FullHotel ' || h, 'UTC', 1 ${every}`,
    `insert into room (hotel_id, id, location_id, number, version) select ${hotel}, ${room}, ${location}, r + 1, 1 ${everyRoom}`,
    `insert into guest (hotel_id, id, first_name, last_name, version)
     select ${hotel}, ${sqlIdOf('hotelGuest', 'h')}, 'Ada', 'Lovelace', 1 ${every}`,
  )
}
