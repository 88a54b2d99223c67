import type { Suite } from '../../harness/test-suite.ts'
import { day, dayAfter } from '../../support/hotel.ts'

/** A location of its own with rooms of one type, numbered 101 and on. */
export type FullHotel = {
  readonly location: string
  readonly type: string
  readonly typeName: string
  readonly rooms: readonly string[]
}

export async function newHouse(suite: Suite, count: number, time_zone = 'UTC'): Promise<FullHotel> {
  const { hotel } = suite
  const { id: location } = await suite.locations.createLocation({
    hotel,
    name: `FullHotel ${crypto.randomUUID().slice(0, 8)}`,
    time_zone,
  })
  const typeName = `Double ${location.slice(-8)}`
  const { id: type } = await suite.roomTypes.createRoomType({ hotel, name: typeName })
  const rooms: string[] = []
  for (let at = 0; at < count; at += 1)
    rooms.push((await suite.rooms.createRoom({ number: String(101 + at), location, room_type: type })).id)
  return { location, type, typeName, rooms }
}

export async function newGuest(suite: Suite, first_name: string, last_name: string): Promise<string> {
  return (await suite.guests.createGuest({ hotel: suite.hotel, first_name, last_name })).id
}

/** Reserves a room from and to days off today. */
export function reserve(suite: Suite, guest: string, room: string | undefined, from: number, to: number) {
  // Once: midnight may come between two readings of the date.
  const today = day()
  const [in_date, out_date] = [dayAfter(today, from), dayAfter(today, to)]
  return suite.reservations.createReservation({ guest, room: room ?? '', in_date, out_date })
}
