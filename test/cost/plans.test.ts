import { randomUUID } from 'node:crypto'
import { guestRow } from '@hotel/guests/guest/guest'
import { listGuests } from '@hotel/guests/guest/guest-list'
import { ListGuestsRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { ListReservationsRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { roomBlockRow } from '@hotel/reservations/blocks/room-block'
import { stayMethods } from '@hotel/reservations/current-and-upcoming/current-and-upcoming'
import { listReservations } from '@hotel/reservations/finding/reservation-list'
import { reservationRow } from '@hotel/reservations/reservation/reservation'
import { employeeRow } from '@hotel/rooms/employee/employee'
import { hotelRow } from '@hotel/rooms/hotel/hotel'
import { locationRow } from '@hotel/rooms/location/location'
import { roomRow } from '@hotel/rooms/room/room'
import { roomTypeRow } from '@hotel/rooms/room-type/room-type'
import { runIn } from '@hotel/runtime/call/call'
import { PAGE_OF_LATEST } from '@hotel/runtime/changes/feed-page'
import { type MikroORM, openDatabase, query } from '@hotel/runtime/database/database'
import { type Read, reader } from '@hotel/runtime/database/read'
import { getMethod } from '@hotel/runtime/read/get'
import type { RowMessage } from '@hotel/runtime/read/row-message'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Client } from 'pg'
import { buildHouse, type FullHotel } from '../full-hotel/full-hotel.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'

let suite: Suite
let house: FullHotel
/** One connection for each service, as its own are: statements are prepared, and explained, on the same. */
const orms = {} as Record<ServiceName, MikroORM>
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
  house = await buildHouse(suite)
  for (const service of serviceNames) {
    // As a table of few rows is known to be once it is analyzed.
    await suite.sql(service, 'analyze')
    orms[service] = await openDatabase({ url: suite.stack.databaseUrls[service], entities: [], poolSize: 1 })
  }
})
afterAll(async () => {
  for (const orm of Object.values(orms)) await orm.close()
  await suite?.[Symbol.asyncDispose]()
})

/** From the sixth time on, Postgres may have one plan for all parameters. */
const TIMES = 10

describe('a Get method reads by an index, in a table of a few rows too, as that may have grown when its plan is used', () => {
  const gets: [ServiceName, keyof FullHotel['ids'], string, RowMessage, object][] = [
    ['guests', 'guest', 'guest', guestRow, {}],
    ['rooms', 'hotel', 'hotel', hotelRow, { id: 'hotel_id' }],
    ['rooms', 'location', 'location', locationRow, {}],
    ['rooms', 'room', 'room', roomRow, {}],
    ['rooms', 'room_type', 'room_type', roomTypeRow, {}],
    ['rooms', 'employee', 'employee', employeeRow, {}],
    ['reservations', 'reservation', 'reservation', reservationRow, { parameters: () => [0] }],
    ['reservations', 'block', 'room_block', roomBlockRow, {}],
  ]
  test.each(gets)('%s: %s', async (service, name, resource, row, options) => {
    const orm = orms[service]
    const get = getMethod(reader(orm), resource, row, options)
    const call = { signal: new AbortController().signal, header: new Map() }
    for (let time = 0; time < TIMES; time++) await get({ id: house.ids[name] }, call as never)
    const statement = `execute get_${resource}('${house.ids[name]}'${'parameters' in options ? ', 0' : ''})`
    expect(await nodesOf(orm, statement)).not.toContain('Seq Scan')
    // The test of the test: so it would be.
    await query(orm.em, 'set enable_seqscan = on')
    await query(orm.em, 'discard plans')
    expect(await nodesOf(orm, statement)).toContain('Seq Scan')
    await query(orm.em, 'set enable_seqscan = off')
  })
})

test('GetCurrentAndUpcoming reads by indexes', async () => {
  const orm = orms.reservations
  const { getCurrentAndUpcoming } = stayMethods({ read: reader(orm), clockOffset: () => 0 } as never)
  const call = { signal: new AbortController().signal, header: new Map() }
  for (let time = 0; time < TIMES; time++) await getCurrentAndUpcoming({ id: house.ids.stay }, call as never)
  expect(await nodesOf(orm, `execute get_stay('${house.ids.stay}', 0)`)).not.toContain('Seq Scan')
})

describe('a list that is asked for most goes along the index of its order, however few rows there are when it is planned', () => {
  const ID = '00000000-0000-0000-0000-000000000000'
  const hotel = () => `'{${house.ids.hotel}}'`
  const stays = `null, null, null, null, null, 2, null, '-infinity', '', '${ID}', 51`
  const ofDate = `null, null, '-infinity', '${ID}', 51)`
  // Those of all three lists, in one plan.
  const houseIndexes = [
    ...['guest_id', 'reservation_departure', 'reservation_in_house', 'reservation_order_in_location', 'room_id'],
  ]
  const free = 'null, null, null, null, 51, 0)'
  const lists: [string, ServiceName, () => string, string[]][] = [
    [
      'guests of a hotel',
      'guests',
      () => `list_guests(${hotel()}, false, '', '', '${ID}', 51)`,
      ['guest_order_in_hotel'],
    ],
    ['guests', 'guests', () => `list_guests(null, false, '', '', '${ID}', 51)`, ['guest_order']],
    ['rooms of a hotel', 'rooms', () => `list_rooms(${hotel()}, null, '${ID}', 51)`, ['room_order_in_hotel']],
    ['rooms', 'rooms', () => `list_rooms(null, '9', '${ID}', 51)`, ['room_order']],
    [
      'reservations of a hotel',
      'reservations',
      () => `list_reservations(${hotel()}, 0, 'infinity', '${ID}', 51)`,
      ['reservation_order_in_hotel'],
    ],
    [
      'reservations',
      'reservations',
      () => `list_reservations(null, 0, 'infinity', '${ID}', 51)`,
      ['reservation_order'],
    ],
    [
      'stays of a hotel',
      'reservations',
      () => `list_stays(${hotel()}, null, 0, ${stays})`,
      ['current_and_upcoming_order', 'location_pkey'],
    ],
    [
      'stays',
      'reservations',
      () => `list_stays(null, null, 0, ${stays})`,
      ['current_and_upcoming_order', 'location_pkey'],
    ],
    [
      'stays at a location',
      'reservations',
      () => `list_stays(null, '${house.ids.location}', 0, ${stays})`,
      ['current_and_upcoming_order', 'location_id'],
    ],
    [
      'guests in the house',
      'reservations',
      () => `list_house('in_house', ${hotel()}, null, 0, ${ofDate}`,
      [...houseIndexes, 'location_pkey'].sort(),
    ],
    [
      'arrivals at a location',
      'reservations',
      () => `list_house('arrivals', ${hotel()}, '${house.ids.location}', 0, ${ofDate}`,
      [...houseIndexes, 'location_id'].sort(),
    ],
    [
      'departures',
      'reservations',
      () => `list_house('departures', null, null, 0, ${ofDate}`,
      [...houseIndexes, 'location_pkey'].sort(),
    ],
    [
      'free rooms of a hotel',
      'reservations',
      () => `room_lines(current_date, current_date + 1, ${hotel()}, null, ${free}`,
      ['location_id', 'occupancy_order', 'occupied_room_pkey', 'room_order_in_hotel'],
    ],
    [
      'free rooms',
      'reservations',
      () => `room_lines(current_date, current_date + 1, null, null, ${free}`,
      ['location_id', 'occupancy_order', 'occupied_room_pkey', 'room_order'],
    ],
    [
      'free rooms at a location',
      'reservations',
      () => `room_lines(current_date, current_date + 1, ${hotel()}, '${house.ids.location}', ${free}`,
      ['location_id', 'occupancy_order', 'occupied_room_pkey', 'room_order'],
    ],
    [
      'heads of the view',
      'reservations',
      () => `view_heads(${hotel()}, null, 0, 51)`,
      ['current_and_upcoming_hold', 'location_pkey', 'view_head_pkey'],
    ],
  ]

  test.each(lists)('%s', async (_, service, call, indexes) => {
    const plans = await plansOf(service, [`select * from ${call()}`])
    expect([...new Set(Array.from(plans.matchAll(/Scan.* using (\w+)/g), ([, index]) => index))].sort()).toEqual(
      indexes,
    )
    expect(plans).not.toContain('Seq Scan')
  })

  test('which it does by its settings only', async () => {
    const reset = 'alter function list_guests(uuid[], boolean, text, text, uuid, int) reset all'
    const plans = await plansOf('guests', [reset, `select * from list_guests(${hotel()}, false, '', '', '${ID}', 51)`])
    expect(plans).toMatch(/Sort[\s\S]*Seq Scan/)
  })
})

test('a search for guests asks the index for the beginnings of its words, as they are compared', async () => {
  const asked: { text: string; values: unknown[] }[] = []
  const read: Read = async ({ text }, parameters) => {
    asked.push({ text, values: [...parameters] })
    return []
  }
  const caller = { caller: { subject: 'desk', scopes: new Set(), hotels: 'every' } }
  const page = { limit: 51, after: undefined, cut: () => ({ rows: [], next: undefined, next_page_token: '' }) }
  const request = ListGuestsRequest.fromPartial({ query: 'Ada GROẞMANN' })
  await runIn(caller as never, () => listGuests(read, page as never, request, new AbortController().signal))
  const client = new Client({ connectionString: suite.adminUrl('guests') })
  await client.connect()
  try {
    // Of few guests, their order is the cheaper index.
    await client.query('set search_path = guests, public; set enable_seqscan = off; set enable_indexscan = off')
    const { rows } = await client.query({ text: `explain ${asked[0]?.text}`, values: asked[0]?.values as never })
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Bitmap Index Scan on guest_search[\s\S]*Index Cond: .*'%ada%'.*'%grossman%'/)
    expect(plan).toContain("'%grossmann%'")
  } finally {
    await client.end()
  }
})

test('changes are numbered by the heads of their own hotels, although there were few of all when that was planned', async () => {
  const client = new Client({ connectionString: suite.adminUrl('reservations') })
  await client.connect()
  const write = () =>
    client.query(
      `update reservation set version = version + 1, update_time = now() where id = '${house.ids.reservation}'`,
    )
  const headsRead = async () => {
    const { rows } = await client.query<{ heads: string }>(
      `select idx_tup_fetch + seq_tup_read as heads from pg_stat_xact_user_tables where relname = 'feed_head'`,
    )
    return Number(rows[0]?.heads)
  }
  try {
    await client.query('set search_path = reservations, public; begin')
    await write()
    await client.query('insert into feed_head (hotel_id) select gen_random_uuid() from generate_series(1, 1000)')
    const before = await headsRead()
    await write()
    expect((await headsRead()) - before).toBeLessThan(5)
  } finally {
    await client.end()
  }
})

test.each([
  ['guest', `first_name = 'Grace'`, 'current_and_upcoming_guest', 'guest_id = '],
  ['room', `number = 'another'`, 'current_and_upcoming_room', 'rooms && '],
] as const)(
  'another name of a %s reaches its stays in the view by an index',
  async (name, change, index, condition) => {
    const more = (count: number, guest: string, rooms: string) =>
      `insert into current_and_upcoming (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name, rooms, room_numbers)
     select hotel_id, gen_random_uuid(), location_id, in_date, out_date, status, ${guest}, first_name, ${rooms}, room_numbers
     from current_and_upcoming, generate_series(1, ${count}) where id = '${house.ids.stay}'`
    const plans = await plansOf('reservations', [
      // Analyzed while all stays were of one guest.
      `delete from current_and_upcoming where id <> '${house.ids.stay}'`,
      more(20, 'guest_id', 'rooms'),
      'analyze current_and_upcoming',
      more(5000, 'gen_random_uuid()', 'array[gen_random_uuid()]'),
      `update ${name} set ${change} where id = '${house.ids[name]}'`,
    ])
    // An index may also be gone through from end to end.
    expect(plans).toMatch(new RegExp(`Scan (using|on) ${index}.*\\n.*Index Cond: .*${condition}`))
    expect(plans).not.toMatch(/Update on current_and_upcoming[\s\S]*Seq Scan on current_and_upcoming/)
  },
)

describe('reservations of guests of a name', () => {
  const many = 10_000
  /** The statements of a search, and their plans, in a hotel where many guests have the last name Grossmann, each with a stay. */
  async function plansOfSearch(guest_name: string, more: object = {}): Promise<string[]> {
    const client = new Client({ connectionString: suite.adminUrl('reservations') })
    await client.connect()
    const plans: string[] = []
    const read: Read = async ({ text }, values) => {
      const explained = await client.query({ text: `explain ${text}`, values: [...values] as never })
      plans.push(explained.rows.map((row) => row['QUERY PLAN']).join('\n'))
      const { rows } = await client.query({ text, values: [...values] as never, rowMode: 'array' })
      return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
    }
    const page = { limit: 51, after: undefined, cut: () => ({ rows: [], next: undefined, next_page_token: '' }) }
    const request = ListReservationsRequest.fromPartial({ guest_name, hotel: house.ids.hotel, ...more })
    const caller = { caller: { subject: 'desk', scopes: new Set(), hotels: 'every' } }
    try {
      await client.query('set search_path = reservations, public; set enable_seqscan = off; begin')
      await client.query('set local session_replication_role = replica')
      await client.query(
        `insert into guest (hotel_id, id, first_name, last_name, version)
         select $1, ('0198a001-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Ada' || n, 'Großmann', 1
         from generate_series(1, $2) n`,
        [house.ids.hotel, many],
      )
      await client.query(
        `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time,
           update_time, updated_by)
         select hotel_id, gen_random_uuid(), location_id, in_date + n % 300, in_date + n % 300 + 2, 'PENDING',
           ('0198a001-0000-7000-8000-' || lpad((n % $2 + 1)::text, 12, '0'))::uuid, rooms, create_time, update_time, updated_by
         from reservation, generate_series(1, $2) n where id = $1`,
        [house.ids.reservation, many],
      )
      // As vacuum does from time to time.
      await client.query(`select gin_clean_pending_list('guest_search')`)
      await client.query('analyze guest, reservation')
      await runIn(caller as never, () =>
        listReservations(read, page as never, request, 0, new AbortController().signal),
      )
      await client.query('rollback')
      return plans
    } finally {
      await client.end()
    }
  }

  test.each([
    [{}, 'reservation_order(_in_hotel)?'],
    [{ order_by: 'out_date' }, 'reservation_departure'],
  ])('are looked for among the next ones of any order, then among all of these guests: %o', async (more, index) => {
    const [next = '', all = ''] = await plansOfSearch('ADA1234 grossmann', more)
    expect(next).toMatch(new RegExp(`Index Scan.* using ${index} `))
    expect(next).toMatch(/SubPlan[\s\S]*Index Scan using (guest_pkey|guest_id) on guest/)
    expect(all).toMatch(/Bitmap Index Scan on guest_search[\s\S]*Index Cond: .*'%ada1234%'.*'%grossman%'/)
    expect(all).toMatch(/Index Scan.* (using|on) reservation_guest/)
    expect(next + all).not.toContain('Seq Scan')
  })

  test.each([{}, { order_by: 'out_date' }])(
    'are only looked for among the next ones when many have it: %o',
    async (more) => {
      expect(await plansOfSearch('grossmann', more)).toHaveLength(1)
    },
  )
})

// The last test: the table stays larger after it, which other plans see.
test('the next changes for a follower are read with one look at an index for each, however few rows there were when it is planned', async () => {
  const hotel = randomUUID()
  const client = new Client({ connectionString: suite.adminUrl('guests') })
  await client.connect()
  try {
    await client.query('set search_path = guests, public')
    await client.query('begin')
    await client.query('insert into feed_head (hotel_id) values ($1)', [hotel])
    // The table is known to be smaller than it is until it is analyzed again.
    await client.query(
      `with written as materialized (select begin_write($1, '0') as now)
       insert into guest (hotel_id, id, first_name, create_time, update_time, updated_by)
       select $1, uuidv7(), 'Guest', now, now, 'desk' from written, generate_series(1, 2000)`,
      [hotel],
    )
    const page = PAGE_OF_LATEST.replaceAll('$1', `'${hotel}'`).replaceAll('$2', '0')
    const { rows } = await client.query<Record<string, string>>(`explain (analyze, costs off, timing off) ${page}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Only Scan Backward using change_history on change later/)
    expect(plan).toMatch(/Index Scan using change_pkey on change c .*rows=501/)
    await client.query('rollback')
  } finally {
    await client.end()
  }
}, 20_000)

/** The plans of some statements, and of those within functions, in a transaction that is rolled back. */
async function plansOf(service: ServiceName, statements: readonly string[]): Promise<string> {
  const client = new Client({ connectionString: suite.adminUrl(service) })
  const notices: string[] = []
  client.on('notice', ({ message }) => notices.push(message ?? ''))
  await client.connect()
  try {
    // https://www.postgresql.org/docs/current/auto-explain.html
    await client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
      set client_min_messages = log; set search_path = ${service}, public; begin`)
    for (const statement of statements) await client.query(statement)
    await client.query('rollback')
  } finally {
    await client.end()
  }
  return notices.join('\n')
}

/** The kinds of steps of a statement's plan. */
async function nodesOf(orm: MikroORM, statement: string): Promise<string[]> {
  type Plan = { 'Node Type': string; Plans?: Plan[] }
  const [row] = await query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(orm.em, `explain (format json) ${statement}`)
  const all = (plan: Plan): string[] => [plan['Node Type'], ...(plan.Plans ?? []).flatMap(all)]
  const plan = row?.['QUERY PLAN'][0].Plan
  return plan === undefined ? [] : all(plan)
}
