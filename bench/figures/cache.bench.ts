import { once } from 'node:events'
import { credentials, Client as GrpcClient, Metadata } from '@grpc/grpc-js'
import { ListStaysRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Stack } from '@hotel/stack/stack'
import { Redis } from 'ioredis'
import type { Client } from 'pg'
import { Problem } from '../../stack/setup/problem.mjs'
import { startBenchSuite } from '../data/suite.ts'
import type { Processes } from '../frame/figure.ts'
import { clientSide } from '../load/clients.ts'
import type { Run } from '../run.ts'

const ROWS = 1_000
const FOUND = 'from Redis'
const MISSED = 'not there, then from Postgres'
const WITHOUT = 'Postgres, without Redis'

/**
 * What Redis saves: the same page of current and upcoming, from an instance with Redis and from one without, on one
 * database. The client does not decode, so that what the service does is what is measured.
 */
export async function alone(run: Run): Promise<void> {
  await using suite = await startBenchSuite({
    gateway: false,
    instances: { reservations: 2 },
    env: { reservations: (instance) => (instance === 0 ? {} : { REDIS_URL: '' }) },
  })
  const { stack } = suite
  if (stack.redis === undefined) throw new Problem('There is no Redis to measure: install one.')
  await using closing = new AsyncDisposableStack()
  const redis = new Redis(stack.redis.url)
  await once(redis, 'ready')
  closing.defer(() => redis.disconnect())
  await administer(databaseUrl(suite.adminUrl, 'reservations'), fill)

  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${suite.token}`)
  const [cached, plain] = stack.addresses.reservations.map((address) => rawClient(address, metadata))
  if (cached === undefined || plain === undefined) throw new Error('unreachable: there are two instances')
  const [withRedis, without] = processesOf(stack)
  const sides = (clients: number, method: string, request: Uint8Array) => [
    clientSide({ name: FOUND, clients, call: () => cached(method, request), processes: withRedis }),
    clientSide({
      name: MISSED,
      clients,
      call: () => cached(method, request),
      before: () => redis.flushall(),
      processes: withRedis,
    }),
    clientSide({ name: WITHOUT, clients, call: () => plain(method, request), processes: without }),
  ]
  const figure = (name: string, title: string, clients: number, method: string, request: Uint8Array) =>
    run.figure({
      name,
      title: `${title}, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
      unit: 'calls/s',
      rows: { stays: ROWS },
      sides: sides(clients, method, request),
      comparisons: [FOUND, MISSED].map((of) => ({ of, to: WITHOUT })),
    })
  for (const page_size of [50, 500]) {
    const request = ListStaysRequest.encode(ListStaysRequest.fromPartial({ page_size })).finish()
    for (const clients of [1, 8])
      await figure(
        `cache-page-${page_size}-${clients}`,
        `A page of ${page_size} of current and upcoming`,
        clients,
        'ListCurrentAndUpcoming',
        request,
      )
  }

  console.log('\nHow all reads of Redis ended, warming up included; an unanswered one was answered from Postgres:')
  const text = await (await fetch(`http://${stack.metricsAddresses.reservations[0]}/metrics`)).text()
  for (const line of text.split('\n').filter((each) => each.startsWith('hotel_cache_reads_total')))
    console.log(`  ${line}`)
}

/** Calls without decoding the answer. */
function rawClient(address: string, metadata: Metadata): (method: string, request: Uint8Array) => Promise<Buffer> {
  const client = new GrpcClient(address, credentials.createInsecure())
  return (method, request) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        `/hotel.reservations.v1.ReservationService/${method}`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => bytes,
        request,
        metadata,
        (error, answer) => (error !== null || answer === undefined ? reject(error) : resolve(answer)),
      )
    })
}

/** The processes that each of the two instances keeps busy. */
function processesOf(stack: Stack): [Processes, Processes] {
  const [first, second] = stack.services.reservations.instances
  const pids = (process: { pid: number | undefined } | undefined) => [process?.pid ?? 0]
  const postgres = pids(stack.postgres?.process)
  return [
    { service: pids(first), postgres, redis: pids(stack.redis?.process) },
    { service: pids(second), postgres },
  ]
}

/** Makes a stay a room for as many rooms, through the triggers that a write goes through. */
async function fill(client: Client): Promise<void> {
  const [place] = (await client.query<{ hotel_id: string; id: string }>('select hotel_id, id from location')).rows
  const hotel = place?.hotel_id
  await client.query('begin')
  await client.query(`select begin_write($1, '0')`, [hotel])
  await client.query(
    `insert into guest select $1, uuidv7(), 'First' || n, 'Last' || n, 1, null from generate_series(1, $2) n`,
    [hotel, ROWS],
  )
  await client.query(
    `insert into room (hotel_id, id, location_id, number, version)
     select $1, uuidv7(), $2, n, 1 from generate_series(1, $3) n`,
    [hotel, place?.id, ROWS],
  )
  const { rowCount } = await client.query(
    `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time,
       update_time, updated_by)
     select r.hotel_id, uuidv7(), r.location_id, current_date + r.number::int % 3, current_date + r.number::int % 3 + 2,
       'PENDING', g.id, array[r.id], now(), now(), 'bench'
     from room r join guest g on g.hotel_id = r.hotel_id and g.last_name = 'Last' || r.number`,
  )
  await client.query('commit')
  await client.query('analyze')
  if (rowCount !== ROWS) throw new Error(`${rowCount} reservations were made`)
}
