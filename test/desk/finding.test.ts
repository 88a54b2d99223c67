import { ListReservationsRequest, type Reservation } from '@hotel/proto/hotel/reservations/v1/reservations'
import { listReservations } from '@hotel/reservations/finding/reservation-list'
import type { Parameter, Statement } from '@hotel/runtime/database/text-query'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Client } from 'pg'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber, pick } from '../support/hotel.ts'
import { randomFrom } from '../support/random.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
/** Those of a hotel with two locations, by chance, in the order in which they were made; some are cancelled. */
let all: Reservation[]
beforeAll(async () => {
  suite = await sharedSuite()
  const { hotel } = suite
  const random = randomFrom(7)
  const locations = await Promise.all(
    ['East', 'West'].map((name) => suite.locations.createLocation({ hotel, name, time_zone: 'UTC' })),
  )
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  all = []
  for (let n = 0; n < 24; n++) {
    const { id: room } = await suite.rooms.createRoom({ number: freshNumber(), location: pick(locations, random).id })
    const from = Math.floor(random() * 10)
    const dates = { in_date: day(from), out_date: day(from + Math.floor(random() * 5)) }
    all.push(await suite.reservations.createReservation({ guest, room, ...dates }))
  }
  for (const index of [3, 9]) {
    const { id = '' } = all[index] ?? {}
    all[index] = await suite.reservations.deleteReservation({ id })
  }
  for (const index of [5, 0]) {
    const { id = '' } = all[index] ?? {}
    all[index] = await suite.reservations.updateReservation({ id, note: 'late' })
  }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

async function list(filter: object, page_size = 5): Promise<string[]> {
  const found: string[] = []
  let page_token = ''
  do {
    const page = await suite.reservations.listReservations({ ...filter, page_size, page_token })
    found.push(...page.reservations.map(({ id }) => id))
    page_token = page.next_page_token
  } while (page_token !== '')
  return found
}

type Order = 'in_date' | 'out_date' | 'update_time'
const live = () => all.filter(({ delete_time }) => delete_time === undefined)
const idsOf = (reservations: readonly Reservation[]) => reservations.map(({ id }) => id)
const text = (value: string | Date | undefined) => (value instanceof Date ? value.toISOString() : String(value))
const inOrder = (order: Order, of: readonly Reservation[]) =>
  idsOf(of.toSorted((a, b) => (text(a[order]) + a.id < text(b[order]) + b.id ? -1 : 1)))

describe('reservations are listed in the order of', () => {
  test.each<Order>(['in_date', 'out_date', 'update_time'])('%s, page by page, both ways', async (order) => {
    const expected = inOrder(order, live())
    expect(await list({ order_by: order })).toEqual(expected)
    expect(await list({ order_by: ` ${order}  asc ` })).toEqual(expected)
    expect(await list({ order_by: `${order} desc` })).toEqual(expected.toReversed())
    expect(await list({ order_by: order, show_deleted: true })).toEqual(inOrder(order, all))
    const [{ location = '', in_date: from = '' } = {}] = live()
    const there = live().filter((each) => each.location === location)
    expect(await list({ order_by: order, location }, 2)).toEqual(inOrder(order, there))
    const later = live().filter((each) => each.in_date >= from)
    expect(await list({ order_by: order, hotel: suite.hotel, arriving_from: from }, 2)).toEqual(inOrder(order, later))
  })

  test('in_date, the latest first, unless another is asked for', async () => {
    const expected = inOrder('in_date', live()).toReversed()
    expect(await list({})).toEqual(expected)
    expect(await list({ order_by: 'in_date desc' })).toEqual(expected)
  })

  test.each(['guest', 'in_date down', 'in_date,out_date', 'in_date; drop table reservation', ' '])(
    'nothing else: %s',
    async (order_by) => {
      const answer = await suite.rest('GET', `/reservations?order_by=${encodeURIComponent(order_by)}`)
      expect(refusal(answer)).toEqual(invalid('order_by'))
    },
  )

  test('a page token is of one order', async () => {
    const { next_page_token: page_token } = await suite.reservations.listReservations({
      order_by: 'out_date',
      page_size: 1,
    })
    await expect(suite.reservations.listReservations({ order_by: 'in_date', page_token })).rejects.toRefuse(
      3,
      'PAGE_TOKEN_INVALID',
    )
  })
})

describe('reservations are found by', () => {
  test('the days on which they begin and end', async () => {
    for (const [from, to] of [
      [2, 5],
      [4, 4],
      [7, 20],
    ] as const) {
      const begins = (each: Reservation) => each.in_date >= day(from) && each.in_date < day(to)
      const ends = (each: Reservation) => each.out_date >= day(from) && each.out_date < day(to)
      const latestFirst = (of: Reservation[]) => inOrder('in_date', of).toReversed()
      expect(await list({ arriving_from: day(from), arriving_to: day(to) })).toEqual(latestFirst(live().filter(begins)))
      expect(await list({ departing_from: day(from), departing_to: day(to) })).toEqual(latestFirst(live().filter(ends)))
    }
  })

  test('what has changed since', async () => {
    const [, second = '', first = ''] = inOrder('update_time', all).toReversed()
    const since = (id: string) => all.find((each) => each.id === id)?.update_time?.toISOString()
    const { json } = await suite.rest('GET', `/reservations?updated_since=${since(second)}&order_by=update_time`)
    expect(idsOf(json.reservations)).toEqual(inOrder('update_time', all).slice(-2))
    const withDeleted = await list({ updated_since: since(first), show_deleted: true, order_by: 'update_time' })
    expect(withDeleted).toEqual(inOrder('update_time', all).slice(-3))
    expect(await list({ updated_since: new Date(Date.now() + 60_000).toISOString() })).toEqual([])
  })

  test('their confirmation code', async () => {
    for (const { id, confirmation_code, delete_time } of all) {
      expect(confirmation_code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
      const filter = { confirmation_code: confirmation_code.toLowerCase() }
      expect(await list(filter)).toEqual(delete_time === undefined ? [id] : [])
      expect(await list({ ...filter, show_deleted: true })).toEqual([id])
    }
    const [{ id = '', confirmation_code = '' } = {}] = all
    expect(await suite.reservations.getReservation({ id })).toMatchObject({ confirmation_code })
    expect(await list({ confirmation_code: 'ZZZZZZZZ', order_by: 'in_date' })).toEqual([])
  })

  test.each([
    ['confirmation_code=ABCDEFG0', 'confirmation_code'],
    ['arriving_from=2030-02-30', 'arriving_from'],
    ['arriving_from=2030-02-02&arriving_to=2030-02-01', 'arriving_to'],
    ['departing_from=2030-02-02&departing_to=2030-02-01', 'departing_to'],
    ['updated_since=yesterday', 'updated_since'],
    ['updated_since=2030-02-01', 'updated_since'],
    ['updated_since=2030-02-01T12:00:00', 'updated_since'],
    ['updated_since=0000-02-01T12:00:00Z', 'updated_since'],
    ['updated_since=2030-02-01T25:00:00Z', 'updated_since'],
  ])('nothing that is wrong: %s', async (query, field) => {
    expect(refusal(await suite.rest('GET', `/reservations?${query}`))).toEqual(invalid(field))
  })
})

describe('a list in an order goes along the index of that order', () => {
  test.each([
    ['in_date', {}, 'reservation_order_in_location'],
    ['out_date desc', {}, 'reservation_departure'],
    ['out_date', { departing_from: day(5) }, 'reservation_departure'],
    ['out_date', { status: 2 }, 'reservation_in_house'],
    ['update_time', { updated_since: '2020-01-01T00:00:00Z' }, 'reservation_update'],
    ['update_time desc', { show_deleted: true }, 'reservation_update'],
    ['in_date', { confirmation_code: 'ABCDEFGH' }, 'reservation_code'],
  ])('%s %o', async (order_by, filter, index) => {
    const [statement, parameters] = await statementOf({ order_by, ...filter, hotel: suite.hotel })
    const client = new Client({ connectionString: suite.adminUrl('reservations') })
    await client.connect()
    try {
      await client.query('set search_path = reservations, public; set enable_seqscan = off; begin')
      // Many, so that it would be dear to sort them.
      await client.query('set local session_replication_role = replica')
      // What other files left is of other hotels, and would decide how many the planner expects of this one.
      await client.query('delete from reservation where hotel_id <> $1', [suite.hotel])
      await client.query(
        `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time,
           update_time, updated_by)
         select hotel_id, gen_random_uuid(), location_id, in_date + n % 300, in_date + n % 300 + 2,
           case n % 20 when 0 then 'CHECKED_IN' else 'PENDING' end, guest_id, rooms, create_time,
           update_time + n * interval '1 minute', updated_by
         from reservation, generate_series(1, 5000) n where id = $1`,
        [live()[0]?.id],
      )
      await client.query('analyze reservation')
      const { rows } = await client.query({ text: `explain ${statement.text}`, values: [...parameters] })
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(plan).toMatch(new RegExp(`Index Scan.* (using|on) ${index} `))
      // Only what the locations have together is sorted, and the few of a code.
      expect(plan.match(/Sort Key/g)).toHaveLength('confirmation_code' in filter ? 2 : 1)
      await client.query('rollback')
    } finally {
      await client.end()
    }
  })

  /** The statement that a list reads by. */
  async function statementOf(request: object): Promise<[Statement, readonly Parameter[]]> {
    let asked: [Statement, readonly Parameter[]] | undefined
    const read = async (statement: Statement, parameters: readonly Parameter[]) => {
      asked = [statement, parameters]
      return []
    }
    const page = {
      after: undefined,
      size: 50,
      limit: 51,
      cut: () => ({ rows: [], next: undefined, next_page_token: '' }),
    }
    const whole = ListReservationsRequest.fromPartial(request)
    await listReservations(read, page as never, whole, 0, new AbortController().signal)
    if (asked === undefined) throw new Error('nothing was read')
    return asked
  }
})

test('a query may be written as forms write it: a space as a plus sign, and a plus sign that is not encoded in a moment', async () => {
  const [plain, form] = await Promise.all(
    ['in_date%20desc', 'in_date+desc'].map((order) => suite.rest('GET', `/reservations?order_by=${order}`)),
  )
  expect([form?.status, form?.json]).toEqual([200, plain?.json])
  const moments = ['2020-01-01T00:00:00Z', '2020-01-01T01:00:00%2B01:00', '2020-01-01T01:00:00+01:00']
  const answers = await Promise.all(moments.map((since) => suite.rest('GET', `/reservations?updated_since=${since}`)))
  expect(answers.map(({ json }) => json.reservations.length)).toEqual(
    Array(3).fill(answers[0]?.json.reservations.length),
  )
  expect(answers[0]?.json.reservations.length).toBeGreaterThan(0)
})
