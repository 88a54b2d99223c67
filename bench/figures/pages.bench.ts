import { ListGuestsRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { ListReservationsRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { perService } from '@hotel/stack/service-names'
import { createClients } from '@hotel/test/harness/clients'
import { authorized } from '../data/calls.ts'
import { fillGuests } from '../data/fill.ts'
import type { Home } from '../data/home.ts'
import type { Side } from '../frame/figure.ts'
import { ghz } from '../load/ghz.ts'
import type { Run } from '../run.ts'

const PAGE_SIZE = 50
const FAR = 10_000
const FIRST = 'page 1'
const SEARCH = 'a name'

/** A page far behind the first among many reservations, and a name among many guests: milliseconds a call, one client. */
export async function many(run: Run, home: Home): Promise<void> {
  const far = Math.min(FAR, Math.floor(home.reservations / PAGE_SIZE / 2))
  const { hotel } = home.house
  const page_token = await tokenOf(home, far)
  const page = (token: string) =>
    ListReservationsRequest.encode(
      ListReservationsRequest.fromPartial({ page_size: PAGE_SIZE, hotel, page_token: token }),
    ).finish()
  const name = `page ${far.toLocaleString('en')}`
  const list = (side: string, request: Uint8Array) =>
    sideOf(home, side, 'reservations', 'hotel.reservations.v1.ReservationService.ListReservations', request)
  await run.figure({
    name: 'pages-far',
    title: `ListReservations, a page of ${PAGE_SIZE}, one client`,
    unit: 'ms',
    rows: { reservations: home.reservations },
    sides: [list(name, page(page_token)), list(FIRST, page(''))],
    comparisons: [{ of: name, to: FIRST, most: 1.2 }],
  })

  await fillGuests(home.adminUrl, home.house, home.house.guests, run.sizes.manyGuests)
  const guests = (side: string, query: string) => {
    const fields = { page_size: PAGE_SIZE, hotel, query }
    const request = ListGuestsRequest.encode(ListGuestsRequest.fromPartial(fields)).finish()
    return sideOf(home, side, 'guests', 'hotel.guests.v1.GuestService.ListGuests', request)
  }
  await run.figure({
    name: 'search-guests',
    title: `ListGuests, a name among many, a page of ${PAGE_SIZE}, one client`,
    unit: 'ms',
    rows: { guests: run.sizes.manyGuests },
    sides: [guests(SEARCH, 'Andabe'), guests(FIRST, '')],
    comparisons: [{ of: SEARCH, to: FIRST }],
  })
}

/** The token of a page so far behind: got by large pages, as a token is good for any size of page. */
async function tokenOf({ stack, token, house }: Home, page: number): Promise<string> {
  const { clients, close } = createClients(
    perService((name) => stack.addresses[name][0] ?? ''),
    token,
  )
  try {
    let [rows, page_token] = [(page - 1) * PAGE_SIZE, '']
    while (rows > 0) {
      const page_size = Math.min(rows, 500)
      const answer = await clients.reservations.listReservations({ page_size, page_token, hotel: house.hotel })
      rows -= answer.reservations.length
      page_token = answer.next_page_token
      if (page_token === '') throw new Error('there are fewer reservations')
    }
    return page_token
  } finally {
    close()
  }
}

function sideOf(
  home: Home,
  name: string,
  service: 'guests' | 'reservations',
  method: string,
  request: Uint8Array,
): Side {
  const load = {
    address: home.stack.addresses[service][0] ?? '',
    method,
    requests: [request],
    metadata: authorized(home),
    inFlight: 1,
  }
  return {
    name,
    by: 'ghz',
    inFlight: 1,
    processes: home.processes(service),
    async round(seconds) {
      const round = await ghz(load, seconds)
      return { ...round, value: 1_000 / round.value }
    },
  }
}
