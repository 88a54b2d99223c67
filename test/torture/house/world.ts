import { perService } from '@hotel/stack/service-names'
import { createClients } from '../../harness/clients.ts'
import type { World } from '../history/evidence.ts'
import { GUESTS, PLACES } from '../plan/shape.ts'
import type { House } from './house.ts'
import { MAKER } from './maker.ts'

/** Makes the hotels, rooms, types and guests that a plan speaks of. */
export async function makeWorld({ stack, mint }: House): Promise<World> {
  const { clients, close } = createClients(
    perService((name) => stack.addresses[name][0] ?? ''),
    await mint(MAKER),
  )
  try {
    const hotels = await Promise.all(GUESTS.map((_, n) => clients.hotels.createHotel({ name: `Hotel ${n}` })))
    const guests = await Promise.all(
      hotels.map(async ({ id }, n) => {
        const made = Array.from({ length: GUESTS[n] ?? 0 }, (_, guest) =>
          clients.guests.createGuest({ hotel: id, first_name: 'Guest', last_name: `${guest}` }),
        )
        return (await Promise.all(made)).map((guest) => guest.id)
      }),
    )
    const places = []
    for (const [index, { hotel: n, rooms, types, isFar }] of PLACES.entries()) {
      const hotel = hotels[n]?.id ?? ''
      const zone = isFar ? farZone() : noonZone()
      const location = (await clients.locations.createLocation({ hotel, name: `Location ${index}`, time_zone: zone }))
        .id
      const made = await Promise.all(
        types.map((_, type) => clients.roomTypes.createRoomType({ hotel, name: `Type ${index} ${type}` })),
      )
      const typeOf = (room: number) => made[types.findIndex((ofType) => ofType.includes(room))]?.id
      const ids: string[] = []
      for (let room = 0; room < rooms; room++) {
        const type = typeOf(room)
        const created = await clients.rooms.createRoom({
          location,
          number: `${index}-${room}`,
          ...(type !== undefined && { room_type: type }),
        })
        ids.push(created.id)
      }
      const today = Temporal.Now.plainDateISO(zone).toString()
      places.push({ hotel, location, zone, today, rooms: ids, types: made.map(({ id }) => id) })
    }
    return { places, guests: PLACES.map(({ hotel }) => guests[hotel] ?? []) }
  } finally {
    close()
  }
}

/** A zone in which it is about noon, so that no run comes to a midnight. */
function noonZone(): string {
  const ahead = 12 - new Date().getUTCHours()
  // POSIX counts to the west.
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`
}

/** A zone with another date than UTC, where midnight is an hour away at least. */
function farZone(): string {
  return new Date().getUTCHours() >= 11 ? 'Etc/GMT-14' : 'Etc/GMT+12'
}
