import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'
import { clockOf, type MovableClock } from './clock.ts'

let suite: Suite
let clock: MovableClock
beforeAll(async () => {
  suite = await sharedSuite({ clock: true, hotels: 'every' })
  clock = clockOf(suite)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status
const LISTS = { in_house: 'listInHouse', arrivals: 'listArrivals', departures: 'listDepartures' } as const
type List = keyof typeof LISTS

/** A hotel of its own, as a hotel's time never goes back, at a moment. */
async function hotelAt(moment: string, ...zones: string[]) {
  await clock.set(new Date(moment))
  const { id: hotel } = await suite.hotels.createHotel({ name: 'FullHotel' })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada', last_name: 'Lovelace' })
  const locations = await Promise.all(
    zones.map((time_zone) => suite.locations.createLocation({ hotel, name: time_zone, time_zone })),
  )
  const names = new Map<string, string>()
  const book = async (name: string, in_date: string, out_date: string, at = 0, more: object = {}) => {
    const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location: locations[at]?.id ?? '' })
    const { id } = await suite.reservations.createReservation({ guest, room, in_date, out_date, ...more })
    names.set(id, name)
    return id
  }
  /** The names of the stays in a list, page by page; who overstays has a mark. */
  const list = async (which: List, filter: object = {}, page_size = 2) => {
    const found: string[] = []
    let page_token = ''
    do {
      const page = await suite.reservations[LISTS[which]]({ hotel, ...filter, page_size, page_token })
      for (const { reservation, overstay } of page.reservations)
        found.push(`${names.get(reservation)}${overstay ? '!' : ''}`)
      page_token = page.next_page_token
    } while (page_token !== '')
    return found
  }
  const at = async (time: string) => clock.set(new Date(time))
  return { hotel, guest, locations, book, list, at }
}

const checkIn = (id: string) => suite.reservations.updateReservation({ id, status: CHECKED_IN })

describe('the lists of the house', () => {
  test('have who is there, comes and leaves today, and who overstays until checked out, however long', async () => {
    const { hotel, book, list, at } = await hotelAt('2040-05-01T12:00:00Z', 'UTC')
    const overstays = await book('overstays', '2040-05-01', '2040-05-02')
    const stays = await book('stays', '2040-05-01', '2040-06-30')
    await checkIn(overstays)
    await checkIn(stays)
    await book('never came', '2040-05-01', '2040-05-03')
    const leaves = await book('leaves', '2040-06-01', '2040-06-11')
    await book('comes', '2040-06-11', '2040-06-12')
    const cancelled = await book('cancelled', '2040-06-11', '2040-06-12')
    await suite.reservations.deleteReservation({ id: cancelled })
    await at('2040-06-11T09:00:00Z')
    await checkIn(leaves)
    // Swept of what is past, as at each start.
    await suite.stack.services.reservations.stop()
    await suite.stack.services.reservations.start()
    expect(await list('in_house')).toEqual(['overstays!', 'leaves', 'stays'])
    expect(await list('arrivals')).toEqual(['comes'])
    expect(await list('departures')).toEqual(['overstays!', 'leaves'])
    expect((await suite.reservations.listCurrent({ hotel })).reservations).toHaveLength(3)

    const { json } = await suite.rest('GET', `/reservations/in_house?hotel=${hotel}&page_size=1`)
    expect(json.reservations).toMatchObject([
      { reservation: overstays, first_name: 'Ada', last_name: 'Lovelace', status: 'CHECKED_IN', overstay: true },
    ])
    await suite.reservations.updateReservation({ id: overstays, status: CHECKED_OUT })
    await suite.reservations.updateReservation({ id: leaves, status: CHECKED_OUT })
    expect(await list('in_house')).toEqual(['stays'])
    expect(await list('departures')).toEqual(['leaves'])
  })

  test('are those of a date that is given', async () => {
    const { book, list } = await hotelAt('2041-03-10T12:00:00Z', 'UTC')
    const overstays = await book('overstays', '2041-03-07', '2041-03-09')
    const leaves = await book('leaves', '2041-03-09', '2041-03-12')
    const stays = await book('stays', '2041-03-10', '2041-03-20')
    for (const id of [overstays, leaves, stays]) await checkIn(id)
    await book('comes', '2041-03-12', '2041-03-12')
    const of = (which: List) => async (date: string) => list(which, { date })
    expect(await Promise.all(['2041-03-08', '2041-03-10', '2041-03-12', '2041-03-13'].map(of('in_house')))).toEqual([
      ['overstays!'],
      ['overstays!', 'leaves', 'stays'],
      ['leaves', 'stays'],
      ['stays'],
    ])
    expect(await Promise.all(['2041-03-07', '2041-03-12', '2041-03-13'].map(of('arrivals')))).toEqual([
      ['overstays!'],
      ['comes'],
      [],
    ])
    const departures = ['2041-03-09', '2041-03-10', '2041-03-11', '2041-03-12']
    expect(await Promise.all(departures.map(of('departures')))).toEqual([
      ['overstays!'],
      ['overstays!'],
      [],
      ['leaves', 'comes'],
    ])
  })

  test('go by each location’s own midnight', async () => {
    const { locations, book, list, at } = await hotelAt('2042-06-29T12:00:00Z', 'UTC', 'Pacific/Kiritimati')
    for (const [place, name] of ['west', 'east'].entries()) {
      await checkIn(await book(`${name} guest`, '2042-06-29', '2042-06-30', place))
      await book(`${name} arrival`, '2042-07-01', '2042-07-02', place)
    }
    await at('2042-06-30T09:59:56Z')
    expect(await list('arrivals')).toEqual([])
    expect(await list('departures')).toEqual(['west guest', 'east guest'])
    await at('2042-06-30T10:00:00Z')
    expect(await list('arrivals')).toEqual(['east arrival'])
    expect(await list('in_house')).toEqual(['west guest', 'east guest!'])
    expect(await list('departures')).toEqual(['west guest', 'east guest!'])
    expect(await list('arrivals', { location: locations[0]?.id })).toEqual([])
    await at('2042-07-01T00:00:00Z')
    expect(await list('arrivals')).toEqual(['west arrival', 'east arrival'])
    expect(await list('departures', { location: locations[0]?.id })).toEqual(['west guest!'])
  })

  test('have a hold until it lapses', async () => {
    const { book, list, at } = await hotelAt('2043-01-01T08:00:00Z', 'UTC')
    await book('held', '2043-01-01', '2043-01-01', 0, { hold_until: new Date('2043-01-01T09:00:00Z') })
    expect([await list('arrivals'), await list('departures')]).toEqual([['held'], ['held']])
    await at('2043-01-01T09:00:00Z')
    expect([await list('arrivals'), await list('departures')]).toEqual([[], []])
  })

  test.each(Object.keys(LISTS))('%s is refused for a date that is none, and a location that is no id', async (list) => {
    const answer = await suite.rest('GET', `/reservations/${list}?date=tomorrow&location=x`)
    expect(refusal(answer)).toEqual(invalid('date', 'location'))
  })
})
