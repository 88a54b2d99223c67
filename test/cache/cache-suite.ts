import { isDeepStrictEqual } from 'node:util'
import {
  type ListStaysRequest,
  type ListStaysResponse,
  Reservation_Status as StatusCode,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { perService } from '@hotel/stack/service-names'
import { expect } from '@jest/globals'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { type Clients, createClients } from '../harness/clients.ts'
import type { Suite } from '../harness/test-suite.ts'

/** The three lists by the condition that each puts on a stay and its location's date. */
const LISTS = {
  listCurrentAndUpcoming: 's.out_date >= l.today and s.in_date <= l.today + 2',
  listCurrent: 's.in_date <= l.today and s.out_date >= l.today',
  listUpcoming: 's.in_date > l.today and s.in_date < l.today + 3',
}
export type List = keyof typeof LISTS
export const lists = Object.keys(LISTS) as List[]

type Filter = { hotel?: string; location?: string }
type Result = 'hit' | 'miss' | 'superseded' | 'unreadable' | 'unanswered'

/** The suite with two instances of reservations on one Redis. */
export type CacheSuite = AsyncDisposable & {
  readonly suite: Suite
  /** A client of each instance. */
  readonly instances: readonly [Clients['reservations'], Clients['reservations']]
  /** A connection of the test's own, for what others might do to Redis. */
  readonly redis: Redis
  /** Sum of a metric over both instances. */
  metric(name: string): Promise<number>
  /** How many reads of pages have ended so. */
  reads(result: Result): Promise<number>
  /** Throws unless both instances list, for each of these filters, what the base tables say at that moment. */
  demandFresh(list: List, filters?: readonly Filter[], pageSize?: number): Promise<void>
}

/** Of a suite with two instances of reservations. `clockOffset` tells what the services' clock is off by, in seconds, when a test sets it. */
export async function cacheSuiteOf(suite: Suite, clockOffset = () => 0): Promise<CacheSuite> {
  const metrics = suite.stack.metricsAddresses.reservations
  const [first, second] = suite.stack.addresses.reservations.map((address) =>
    createClients(
      perService((name) => (name === 'reservations' ? address : (suite.stack.addresses[name][0] ?? ''))),
      suite.testerToken,
    ),
  )
  if (first === undefined || second === undefined) throw new Error('unreachable: there are two')
  const instances = [first.clients.reservations, second.clients.reservations] as const
  const redis = new Redis(suite.stack.redis?.url ?? '', { lazyConnect: true, retryStrategy: () => 50 })
  redis.on('error', () => undefined)
  await redis.connect()
  const database = new Client({ connectionString: suite.stack.databaseUrls.reservations })
  await database.connect()

  const metric = async (name: string) => {
    const texts = await Promise.all(metrics.map(async (address) => (await fetch(`http://${address}/metrics`)).text()))
    const values = texts.map((text) => text.split('\n').find((line) => line.startsWith(`${name} `)))
    return values.reduce((sum, line) => sum + Number(line?.slice(name.length) ?? 0), 0)
  }
  return {
    suite,
    instances,
    redis,
    metric,
    reads: (result) => metric(`hotel_cache_reads_total{cache="stays",result="${result}"}`),
    async demandFresh(list, filters = [{}], pageSize = 0) {
      // What a feed brings meanwhile would make the two differ: then once more.
      for (;;) {
        const before = await expected(database, list, filters, clockOffset())
        const actual = await Promise.all(
          instances.map((client) => Promise.all(filters.map((filter) => walk(client[list], filter, pageSize)))),
        )
        if (!isDeepStrictEqual(before, await expected(database, list, filters, clockOffset()))) continue
        expect(actual).toEqual([before, before])
        return
      }
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await database.end()
      first.close()
      second.close()
      await suite[Symbol.asyncDispose]()
    },
  }
}

type Seen = readonly unknown[]

/** All pages of a list, as the test compares them. */
async function walk(
  list: (request: Partial<ListStaysRequest>) => Promise<ListStaysResponse>,
  filter: Filter,
  page_size: number,
): Promise<Seen[]> {
  const seen: Seen[] = []
  let page_token = ''
  do {
    const page = await list({ ...filter, page_size, page_token })
    for (const stay of page.reservations) {
      const { reservation, location, first_name, last_name, in_date, out_date, room_numbers, status } = stay
      const name = Object.entries(StatusCode).find(([, code]) => code === status)?.[0]
      seen.push([reservation, location, first_name, last_name ?? null, in_date, out_date, room_numbers, name])
    }
    page_token = page.next_page_token
  } while (page_token !== '')
  return seen
}

/** What the list must say for each filter, from the base tables and not from the view. */
async function expected(database: Client, list: List, filters: readonly Filter[], offset: number): Promise<Seen[][]> {
  const { rows } = await database.query<{ place: number; row: Seen }>(
    `select f.place::int, jsonb_build_array(s.id, s.location_id, s.first_name, s.last_name, s.in_date, s.out_date,
       s.room_numbers, s.status) as row
     from unnest($1::uuid[], $2::uuid[]) with ordinality as f (hotel, location, place), current_and_upcoming_source s
     join (
       select hotel_id, id, location_date(time_zone, now() + make_interval(secs => $3)) as today from location
     ) l on l.hotel_id = s.hotel_id and l.id = s.location_id
     where (f.hotel is null or s.hotel_id = f.hotel) and (f.location is null or s.location_id = f.location)
       and ${LISTS[list]}
     order by s.in_date, s.status, s.id`,
    [filters.map(({ hotel }) => hotel ?? null), filters.map(({ location }) => location ?? null), offset],
  )
  return filters.map((_, index) => rows.filter(({ place }) => place === index + 1).map(({ row }) => row))
}
