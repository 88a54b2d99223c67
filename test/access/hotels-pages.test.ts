import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { buildHouse, type FullHotel, hotelsOf } from '../full-hotel/full-hotel.ts'
import type { Clients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'

let suite: Suite
let houses: readonly [FullHotel, FullHotel, FullHotel]
/** By the places of the houses that the token is of. */
const as = {} as Record<'a' | 'b' | 'ab' | 'every', Clients>
/** Another subject, of the same hotels as `a`. */
let colleague: Clients
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
  const a = await buildHouse(suite)
  const b = await buildHouse(suite)
  houses = [a, b, await buildHouse(suite)]
  const clients = async (hotels: readonly string[], subject = 'pages') =>
    suite.clientsWith(await suite.token({ subject, hotels })).direct
  as.a = await clients(hotelsOf(a))
  as.b = await clients(hotelsOf(b))
  as.ab = await clients([...hotelsOf(b), ...hotelsOf(a)])
  as.every = await clients(['*'])
  colleague = await clients(hotelsOf(a), 'colleague')
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

type Request = { page_size?: number; page_token?: string; hotel?: string }
type Page = { hotels: string[]; token: string }
/** Each list, as the hotels that its rows are of; the larger ones have several rows of each hotel. */
const lists: Record<string, (clients: Clients, request: Request) => Promise<Page>> = {
  guests: async ({ guests }, request) => pageOf(await guests.listGuests(request), 'guests'),
  locations: async ({ locations }, request) => pageOf(await locations.listLocations(request), 'locations'),
  room_types: async ({ roomTypes }, request) => pageOf(await roomTypes.listRoomTypes(request), 'room_types'),
  rooms: async ({ rooms }, request) => pageOf(await rooms.listRooms(request), 'rooms'),
  employees: async ({ employees }, request) => pageOf(await employees.listEmployees(request), 'employees'),
  reservations: async ({ reservations }, request) =>
    pageOf(await reservations.listReservations(request), 'reservations'),
  'current and upcoming stays': async ({ reservations }, request) =>
    pageOf(await reservations.listCurrentAndUpcoming(request), 'reservations'),
  arrivals: async ({ reservations }, request) =>
    pageOf(await reservations.listArrivals({ ...request, date: day(10) }), 'reservations'),
  departures: async ({ reservations }, request) =>
    pageOf(await reservations.listDepartures({ ...request, date: day(12) }), 'reservations'),
  blocks: async ({ blocks }, request) => pageOf(await blocks.listRoomBlocks(request), 'room_blocks'),
  'available rooms': async ({ availability }, request) =>
    pageOf(await availability.listRoomAvailability({ ...NIGHTS, ...request }), 'rooms'),
  'available types': async ({ availability }, request) =>
    pageOf(await availability.listRoomTypeAvailability({ ...NIGHTS, ...request }), 'room_types'),
}
const NIGHTS = { in_date: '2030-01-01', out_date: '2030-01-02' }

function pageOf<Field extends string>(
  answer: Record<Field, { hotel: string }[]> & { next_page_token: string },
  field: Field,
): Page {
  return { hotels: answer[field].map(({ hotel }) => hotel), token: answer.next_page_token }
}

describe.each(Object.keys(lists))('a list of %s', (name) => {
  const list = (clients: Clients, request: Request = {}) => lists[name]?.(clients, request) as Promise<Page>
  const all = async (clients: Clients, page_size: number, request: Request = {}) => {
    const hotels = []
    let page_token = ''
    do {
      const page = await list(clients, { ...request, page_size, page_token })
      hotels.push(...page.hotels)
      page_token = page.token
    } while (page_token !== '')
    return hotels
  }

  test('has what is of the token’s hotels, page by page, and the filter chooses among these', async () => {
    const [a, b, hidden] = houses.map(({ ids }) => ids.hotel) as [string, string, string]
    // The types that were made last are known to the reservations service in a moment.
    await eventually(async () => expect(await all(as.every, 500)).toEqual(expect.arrayContaining([a, b, hidden])))
    const ofBoth = await all(as.ab, 2)
    expect(new Set(ofBoth)).toEqual(new Set([a, b]))
    expect(await all(as.ab, 500)).toEqual(ofBoth)
    expect(await all(as.a, 2)).toEqual(ofBoth.filter((hotel) => hotel === a))
    expect(await all(as.ab, 2, { hotel: a })).toEqual(await all(as.a, 500))
    expect(await all(as.ab, 2, { hotel: hidden })).toEqual([])
  })

  test('its page tokens are good for tokens of the same hotels only', async () => {
    const request = { page_size: 1 }
    const { token: page_token } = await list(as.a, request)
    expect(page_token).not.toBe('')
    expect(await list(colleague, { ...request, page_token })).toMatchObject({ hotels: [expect.anything()] })
    for (const clients of [as.b, as.ab, as.every])
      await expect(list(clients, { ...request, page_token })).rejects.toRefuse(
        Status.INVALID_ARGUMENT,
        'PAGE_TOKEN_INVALID',
      )
    const filter = { ...request, hotel: houses[0].ids.hotel }
    const ofEvery = await list(as.every, filter)
    await expect(list(as.a, { ...filter, page_token: ofEvery.token })).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'PAGE_TOKEN_INVALID',
    )
  })
})

test('hotels are listed by whose they are, and the pages of a history are of one token’s hotels', async () => {
  const { hotels } = await as.ab.hotels.listHotels({ show_deleted: true })
  expect(hotels.map(({ id }) => id).sort()).toEqual([...hotelsOf(houses[0]), ...hotelsOf(houses[1])].sort())
  const { id } = await as.a.guests.updateGuest({ id: houses[0].ids.guest, last_name: 'Byron' })
  const { next_page_token: page_token } = await as.a.guests.listGuestHistory({ id, page_size: 1 })
  expect(page_token).not.toBe('')
  expect((await colleague.guests.listGuestHistory({ id, page_size: 1, page_token })).entries).toHaveLength(1)
  await expect(as.every.guests.listGuestHistory({ id, page_size: 1, page_token })).rejects.toRefuse(
    Status.INVALID_ARGUMENT,
    'PAGE_TOKEN_INVALID',
  )
})
