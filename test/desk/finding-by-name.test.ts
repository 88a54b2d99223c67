import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const STAYS = {
  current_and_upcoming: 'listCurrentAndUpcoming',
  current: 'listCurrent',
  upcoming: 'listUpcoming',
  in_house: 'listInHouse',
  arrivals: 'listArrivals',
  departures: 'listDepartures',
} as const

/** A hotel with a location, whose reservations are known by the names of their guests. */
async function newHotel() {
  const { id: hotel } = await suite.hotels.createHotel({ name: 'Names' })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const names = new Map<string, string>()
  const book = async (first_name: string, last_name: string, from: number, to: number) => {
    const { id: guest } = await suite.guests.createGuest({ hotel, first_name, last_name })
    const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location })
    const wanted = { guest, room, in_date: day(from), out_date: day(to) }
    const { id } = await suite.reservations.createReservation(wanted)
    names.set(id, `${first_name} ${last_name}`)
    return { id, guest }
  }
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id))
  const list = async (guest_name: string, filter: object = {}) => {
    const found: string[] = []
    let page_token = ''
    do {
      const request = { hotel, page_size: 2, page_token, guest_name, ...filter }
      const page = await suite.reservations.listReservations(request)
      found.push(...page.reservations.map(({ id }) => id))
      page_token = page.next_page_token
    } while (page_token !== '')
    return named(found)
  }
  const stays = async (which: keyof typeof STAYS, guest_name: string, filter: object = {}) => {
    const { reservations } = await suite.reservations[STAYS[which]]({ hotel, guest_name, ...filter })
    return named(reservations.map(({ reservation }) => reservation))
  }
  return { hotel, location, book, list, stays }
}

describe('reservations are found by the name of their guest', () => {
  test('by words of it, in any case and form, without accents, in pages of each order', async () => {
    const { hotel, location, book, list } = await newHotel()
    await book('İlknur', 'Öztürk', 5, 8)
    await book('Anna', 'Großmann', 4, 9)
    const { id } = await book('Annabel', 'Ng', 6, 7)
    await book('Stavros', 'Σταύρος', 3, 5)
    await book('Hanna', 'Grossmann', 2, 6)
    expect(await list('ilknur')).toEqual(['İlknur Öztürk'])
    expect(await list('OZTURK ILKNUR')).toEqual(['İlknur Öztürk'])
    expect(await list('σταυροσ')).toEqual(['Stavros Σταύρος'])
    expect(await list('grossmann'.normalize('NFD'))).toEqual(['Anna Großmann', 'Hanna Grossmann'])
    expect(await list('großmann han')).toEqual(['Hanna Grossmann'])
    const all = ['Annabel Ng', 'Anna Großmann', 'Hanna Grossmann']
    expect(await list('anna')).toEqual(all)
    expect(await list('anna', { order_by: 'in_date' })).toEqual(all.toReversed())
    const byEnd = ['Hanna Grossmann', 'Annabel Ng', 'Anna Großmann']
    expect(await list('anna', { order_by: 'out_date', location })).toEqual(byEnd)
    expect(await list('anna', { arriving_from: day(4), page_size: 1 })).toEqual(all.slice(0, 2))
    expect(await list('anna%')).toEqual([])
    expect(await list('anna', { hotel: (await newHotel()).hotel })).toEqual([])
    await suite.reservations.deleteReservation({ id })
    expect(await list('anna')).toEqual(all.slice(1))
    expect(await list('anna', { show_deleted: true })).toEqual(all)
    const { json } = await suite.rest('GET', `/reservations?guest_name=anna+ng&show_deleted=true&hotel=${hotel}`)
    expect(json.reservations.map(({ id }: { id: string }) => id)).toEqual([id])
  })

  test('also among the stays of these days', async () => {
    const { book, stays } = await newHotel()
    const { id } = await book('Zoë', 'Here', 0, 1)
    await suite.reservations.updateReservation({ id, status: Reservation_Status.CHECKED_IN })
    await book('Zoe', 'Comes', 0, 2)
    await book('Zoé', 'Later', 1, 2)
    await book('Yves', 'Here', 0, 1)
    expect(await stays('in_house', 'zoe')).toEqual(['Zoë Here'])
    expect((await stays('arrivals', 'zoe')).toSorted()).toEqual(['Zoe Comes', 'Zoë Here'])
    expect(await stays('arrivals', 'zoe', { date: day(1) })).toEqual(['Zoé Later'])
    expect((await stays('departures', 'here', { date: day(1) })).toSorted()).toEqual(['Yves Here', 'Zoë Here'])
    // Twice, as pages of these are kept.
    for (let time = 0; time < 2; time++) {
      expect(await stays('current_and_upcoming', 'ZOE')).toEqual(['Zoë Here', 'Zoe Comes', 'Zoé Later'])
      expect((await stays('current', 'here')).toSorted()).toEqual(['Yves Here', 'Zoë Here'])
      expect(await stays('upcoming', 'zoe')).toEqual(['Zoé Later'])
      expect(await stays('current', 'nobody')).toEqual([])
    }
  })

  test('as the guest is called by now, and not by the name of who was erased', async () => {
    const { book, list, stays } = await newHotel()
    const { guest } = await book('Maria', 'Before', 0, 1)
    expect(await list('before')).toHaveLength(1)
    await suite.guests.updateGuest({ id: guest, last_name: 'Afterwards' })
    await eventually(async () => expect(await list('afterwards')).toHaveLength(1))
    expect([await list('before'), await stays('current', 'before')]).toEqual([[], []])
    const past = await book('Eve', 'Forgotten', -3, -2)
    expect(await list('forgotten')).toHaveLength(1)
    await suite.guests.eraseGuest({ id: past.guest })
    expect([await list('forgotten'), await list('erased')]).toEqual([[], ['Eve Forgotten']])
  })

  test('when many guests have it, page by page', async () => {
    const { hotel, location, list, book } = await newHotel()
    await book('Ada', 'Other', 3, 4)
    const [{ room } = { room: '' }] = await suite.sql<{ room: string }>(
      'reservations',
      'select id as room from room where location_id = $1',
      [location],
    )
    const all = 1_200
    await suite.sql(
      'reservations',
      `insert into guest (hotel_id, id, first_name, last_name, version)
       select '${hotel}', gen_random_uuid(), 'Ada', case when n % 3 = 0 then 'Smith' else 'Commoner' end, 1
       from generate_series(1, ${3 * all}) n;
       insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time, update_time,
         updated_by)
       select hotel_id, gen_random_uuid(), '${location}', current_date + 30 + (random() * 100)::int, current_date + 140,
         'CHECKED_OUT', id, array['${room}'::uuid], now(), now(), 'test'
       from guest where hotel_id = '${hotel}' and last_name <> 'Other'`,
    )
    const count = async (name: string, filter: object = {}) => {
      const found = await suite.sql<{ ids: string[] }>(
        'reservations',
        `select coalesce(array_agg(r.id order by in_date desc, r.id desc), '{}') as ids from reservation r
         join guest g on g.hotel_id = r.hotel_id and g.id = r.guest_id where r.hotel_id = $1 and g.last_name = $2`,
        [hotel, name],
      )
      const ids: string[] = []
      for (let page_token = ''; ; ) {
        const request = { hotel, page_size: 500, page_token, guest_name: name.toUpperCase(), ...filter }
        const page = await suite.reservations.listReservations(request)
        ids.push(...page.reservations.map(({ id }) => id))
        page_token = page.next_page_token
        if (page_token === '') return [ids, found[0]?.ids] as const
      }
    }
    for (const [name, number] of [
      ['Commoner', 2 * all],
      ['Smith', all],
    ] as const) {
      const [ids, expected] = await count(name)
      expect(ids).toHaveLength(number)
      expect(ids).toEqual(expected)
      const [inOrder] = await count(name, { order_by: 'in_date' })
      expect(inOrder).toEqual(ids.toReversed())
    }
    expect(await list('ada other')).toEqual(['Ada Other'])
  })

  test.each([
    ['/reservations', 'one two three four five six'],
    ['/reservations', 'x'.repeat(65)],
    ['/reservations/in_house', '\u0301'],
    ['/reservations/current', '   '],
    ['/reservations/arrivals', 'a b c d e f'],
  ])('%s, but not by %s', async (path, guest_name) => {
    const answer = await suite.rest('GET', `${path}?guest_name=${encodeURIComponent(guest_name)}`)
    expect(refusal(answer)).toEqual(invalid('guest_name'))
  })
})
