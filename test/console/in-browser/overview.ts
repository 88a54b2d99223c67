import { Cancellation_Cause as Cause } from '@hotel/proto/hotel/reservations/v1/reservations'
import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import type { Suite } from '../../harness/test-suite.ts'
import { day, eventually } from '../../support/hotel.ts'
import type { Console } from './browser.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './house.ts'

/** The numbers of the overview, held to a house whose reservations are all known. */
export function overviewTests(get: () => { readonly suite: Suite; readonly console: Console }): void {
  test('the overview counts nights by type, arrivals, departures and cancellations', async () => {
    const { suite, console } = get()
    const house = await newHouse(suite, 4)
    const suites = await twoSuites(suite, house)
    const guest = await newGuest(suite, 'Emmy', 'Noether')
    const [first, second, third] = house.rooms
    await reserve(suite, guest, first, 0, 3)
    await reserve(suite, guest, second, 1, 2)
    await reserve(suite, guest, third, 13, 15)
    // The first day after the two weeks.
    await reserve(suite, guest, second, 14, 16)
    await reserve(suite, guest, suites[0], 1, 13)
    await hold(suite, guest, second ?? '', 5, 3_600)
    await cancelSome(suite, guest, house.rooms[3] ?? '')

    await using visitor = await console.visit({ location: house.location, path: '/console/overview' })
    const { page } = visitor
    const nights = await numbersOf(page, 'Occupancy by night and type')
    const share = (type: string, night: number) => nights.rows[night]?.[nights.columns.indexOf(type)]
    const doubles = Array.from({ length: 28 }, (_, night) => share(house.typeName, night))
    const held: Record<number, string> = { 0: '25%', 1: '50%', 2: '25%', 5: '25%', 13: '25%', 14: '50%', 15: '25%' }
    expect(doubles).toEqual(Array.from({ length: 28 }, (_, night) => held[night] ?? '0%'))
    const isHeld = (night: number) => night >= 1 && night < 13
    expect(Array.from({ length: 28 }, (_, night) => share(`Suite ${house.location.slice(-8)}`, night))).toEqual(
      Array.from({ length: 28 }, (_, night) => (isHeld(night) ? '50%' : '0%')),
    )

    const flow = await numbersOf(page, 'Arrivals and departures, next two weeks')
    expect(flow.columns).toEqual(['Date', 'Arrivals', 'Departures'])
    const counts = flow.rows.map(([, arrivals, departures]) => [Number(arrivals), Number(departures)])
    const arrivals: Record<number, number> = { 0: 1, 1: 2, 5: 1, 13: 1 }
    const departures: Record<number, number> = { 2: 1, 3: 1, 6: 1, 13: 1 }
    expect(counts).toEqual(Array.from({ length: 14 }, (_, at) => [arrivals[at] ?? 0, departures[at] ?? 0]))

    const causes = await numbersOf(page, 'Cancellations of the last 90 days: By cause')
    expect(Object.fromEntries(causes.rows)).toEqual({
      'The guest': '3',
      'The hotel': '1',
      'Not given': '1',
      'Lapsed hold': '1',
    })
    const leads = await numbersOf(page, 'Cancellations of the last 90 days: By days before the first day')
    expect(leads.rows).toEqual([
      ['After it', '0'],
      ['Same day', '1'],
      ['1 to 7', '2'],
      ['8 to 30', '2'],
      ['Over 30', '1'],
    ])
    expect(visitor.wrong).toEqual([])
  })
}

async function twoSuites({ hotel, roomTypes, rooms }: Suite, { location }: FullHotel): Promise<string[]> {
  const { id: room_type } = await roomTypes.createRoomType({ hotel, name: `Suite ${location.slice(-8)}` })
  const numbers = ['201', '202']
  return Promise.all(numbers.map(async (number) => (await rooms.createRoom({ number, location, room_type })).id))
}

function hold({ reservations }: Suite, guest: string, room: string, from: number, seconds: number) {
  const dates = { in_date: day(from), out_date: day(from + 1) }
  return reservations.createReservation({ guest, room, ...dates, hold_until: new Date(Date.now() + seconds * 1_000) })
}

/** Cancels one the same day, two within the week, two within the month and one later; one of them is a hold that lapses. */
async function cancelSome(suite: Suite, guest: string, room: string): Promise<void> {
  // Again where it would lapse before it is made.
  const lapsing = await eventually(() => hold(suite, guest, room, 20, 1))
  const cancelled: readonly (readonly [from: number, cause: Cause])[] = [
    [0, Cause.GUEST],
    [1, Cause.GUEST],
    [7, Cause.HOTEL],
    [8, Cause.GUEST],
    [31, Cause.UNSPECIFIED],
  ]
  for (const [from, cause] of cancelled) {
    const { id } = await reserve(suite, guest, room, from, from + 1)
    await suite.reservations.cancelReservation({ id, cause })
  }
  await eventually(async () => {
    const { delete_time } = await suite.reservations.getReservation({ id: lapsing.id })
    expect(delete_time).toBeInstanceOf(Date)
  })
}

/** The table below a plot. */
async function numbersOf(page: Page, title: string): Promise<{ columns: string[]; rows: string[][] }> {
  const plot = page.getByRole('region', { name: title, exact: true })
  await plot.getByText('As a table').click()
  const columns = await plot.locator('thead th').allTextContents()
  const cells = await plot.locator('tbody').locator('th, td').allTextContents()
  const rows = Array.from({ length: cells.length / columns.length }, (_, at) =>
    cells.slice(at * columns.length, (at + 1) * columns.length),
  )
  return { columns, rows }
}
