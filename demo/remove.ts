import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Clients } from '@hotel/test/harness/clients'
import { Status } from 'nice-grpc'

/** Calls at once. */
const AT_ONCE = 8
const PAGE = 500

type Page<T> = { readonly rows: readonly T[]; readonly next: string }

/**
 * Takes a hotel away with all that is in it, by the methods that any client has: guests who are there are checked out, what
 * is to come is cancelled, and then all is deleted, which is soft. Does nothing again that is done.
 */
export async function remove(
  clients: Clients,
  hotel: string,
  signal: AbortSignal,
  say: (words: string) => void,
): Promise<void> {
  const { reservations, blocks, guests, rooms, employees, roomTypes, locations, hotels } = clients
  const today = await todayOf(clients, hotel)
  const page_size = PAGE
  const withStatus = (status: Reservation_Status) => (page_token: string) =>
    reservations
      .listReservations({ hotel, status, page_size, page_token })
      .then((page) => ({ rows: page.reservations, next: page.next_page_token }))
  const each = { signal, say }
  await eachOf(
    'guests checked out',
    withStatus(Reservation_Status.CHECKED_IN),
    each,
    async ({ id, out_date, location }) => {
      const date = today.get(location) ?? out_date
      // Nobody leaves before the last day.
      if (out_date > date) await reservations.updateReservation({ id, out_date: date })
      await reservations.updateReservation({ id, status: Reservation_Status.CHECKED_OUT })
    },
  )
  await eachOf('reservations cancelled', withStatus(Reservation_Status.PENDING), each, ({ id }) =>
    reservations.deleteReservation({ id, reason: 'The demo is removed.' }),
  )
  await eachOf(
    'blocks deleted',
    (page_token) =>
      blocks
        .listRoomBlocks({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.room_blocks, next: page.next_page_token })),
    each,
    ({ id }) => blocks.deleteRoomBlock({ id }),
  )
  await eachOf(
    'guests deleted',
    (page_token) =>
      guests
        .listGuests({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.guests, next: page.next_page_token })),
    each,
    ({ id }) => guests.deleteGuest({ id }),
  )
  await eachOf(
    'rooms deleted',
    (page_token) =>
      rooms
        .listRooms({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.rooms, next: page.next_page_token })),
    each,
    ({ id }) => rooms.deleteRoom({ id }),
  )
  await eachOf(
    'employees deleted',
    (page_token) =>
      employees
        .listEmployees({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.employees, next: page.next_page_token })),
    each,
    ({ id }) => employees.deleteEmployee({ id }),
  )
  await eachOf(
    'room types deleted',
    (page_token) =>
      roomTypes
        .listRoomTypes({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.room_types, next: page.next_page_token })),
    each,
    ({ id }) => roomTypes.deleteRoomType({ id }),
  )
  await eachOf(
    'locations deleted',
    (page_token) =>
      locations
        .listLocations({ hotel, page_size, page_token })
        .then((page) => ({ rows: page.locations, next: page.next_page_token })),
    each,
    ({ id }) => locations.deleteLocation({ id }),
  )
  await hotels.deleteHotel({ id: hotel })
}

/** Today, by the calendar of each location of the hotel. */
async function todayOf({ locations }: Clients, hotel: string): Promise<Map<string, string>> {
  const { locations: all } = await locations.listLocations({ hotel })
  return new Map(all.map(({ id, time_zone }) => [id, String(Temporal.Now.plainDateISO(time_zone))]))
}

/** All pages are read before the first is changed: a list whose rows go has other pages. */
async function eachOf<T extends { readonly id: string }>(
  title: string,
  list: (pageToken: string) => Promise<Page<T>>,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (words: string) => void },
  act: (row: T) => Promise<unknown>,
): Promise<void> {
  const rows: T[] = []
  let token = ''
  do {
    const page = await list(token)
    rows.push(...page.rows)
    token = page.next
  } while (token !== '')
  const rest = rows.values()
  const work = async () => {
    for (const row of rest) {
      signal.throwIfAborted()
      await act(row).catch((error: { code?: Status }) => {
        // Somebody else was first.
        if (error.code !== Status.NOT_FOUND) throw error
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  say(`  ${rows.length} ${title}`)
}
