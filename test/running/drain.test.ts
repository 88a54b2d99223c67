import { LIVE } from '@hotel/runtime/server/health'
import { freePort } from '@hotel/stack/run/ports'
import { DRAIN } from '@hotel/stack/servers/services'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createChannel, createClient, Status } from 'nice-grpc'
import { HealthDefinition } from 'nice-grpc-server-health'
import { Client } from 'pg'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, eventually, guestAndRoom } from '../support/hotel.ts'

const SERVING = 1
const NOT_SERVING = 2

let suite: Suite
/** Where the reservations service has its metrics. */
let metrics: string
beforeAll(async () => {
  metrics = `127.0.0.1:${await freePort()}`
  suite = await startSuite({ drainSeconds: 3, env: { reservations: () => ({ METRICS_ADDRESS: metrics }) } })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Runs `during` while every write of the database waits; the writes go on afterwards. */
async function whileWritesWait(database: 'guests' | 'reservations', during: () => Promise<void>): Promise<void> {
  const lock = new Client({ connectionString: suite.stack.databaseUrls[database] })
  await lock.connect()
  try {
    await lock.query('set idle_in_transaction_session_timeout = 0')
    await lock.query('begin')
    await lock.query('select 1 from feed_head for update')
    await during()
  } finally {
    await lock.end()
  }
}

/** Writes of guests that wait at a head in the database. */
const waitingAtHead = async () =>
  (
    await suite.sql(
      'guests',
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).length

/** Writes of reservations that wait, one at the head, the others for their turn. */
const waitingWrites = async () => {
  const text = await (await fetch(`http://${metrics}/metrics`)).text()
  return Number(/^hotel_writes_waiting (\d+)/m.exec(text)?.[1])
}

test('a service: NOT_SERVING, still answers, ends its streams, finishes its calls, closes its connections', async () => {
  const { stack } = suite
  const [instance] = stack.services.guests.instances
  const { id: hotel } = await suite.hotels.createHotel({ name: 'Watched' })
  await suite.guests.createGuest({ first_name: 'First' })
  const channel = createChannel(stack.addresses.guests[0] ?? '')
  const health = createClient(HealthDefinition, channel)
  const watching = (async () => {
    for await (const _ of suite.guests.watchGuests({ hotel, from_now: true }));
  })().catch((error: unknown) => error)
  let streamHasEnded = false
  void watching.finally(() => {
    streamHasEnded = true
  })

  const began = performance.now()
  let stopped: Promise<void> | undefined
  let write: Promise<unknown> | undefined
  await whileWritesWait('guests', async () => {
    stopped = instance?.stop(DRAIN)
    await eventually(async () => expect((await health.check({ service: '' })).status).toBe(NOT_SERVING))
    expect((await health.check({ service: LIVE })).status).toBe(SERVING)
    expect(streamHasEnded).toBe(false)
    await expect(suite.guests.listGuests({})).resolves.toBeDefined()
    // Sent so late that the drain's wait is over before it is done.
    await eventually(async () => expect(performance.now() - began).toBeGreaterThan(2_500))
    write = suite.guests.createGuest({ first_name: 'Last' })
    await eventually(async () => expect(await waitingAtHead()).toBe(1))
    expect(await watching).toMatchObject({ code: Status.UNAVAILABLE })
    await expect(suite.guests.listGuests({})).rejects.toMatchObject({ code: Status.UNAVAILABLE })
  })
  expect(await write).toMatchObject({ first_name: 'Last' })
  await stopped
  channel.close()
  expect(suite.lines.filter((line) => line.includes('ended by force'))).toEqual([])
  const left = await suite.sql(
    'guests',
    `select from pg_stat_activity where usename = 'guests_service' and datname = current_database()`,
  )
  expect(left).toEqual([])
  await instance?.start()
  await eventually(() => suite.guests.listGuests({}))
}, 30_000)

test('the gateway: finishes REST and gRPC calls that run, while it takes no new connection', async () => {
  const { gateway } = suite.stack
  const { guest, room } = await guestAndRoom(suite)
  const first = { guest, room, in_date: day(), out_date: day(1) }
  // Reservations may still be about to find the guests service again, which the test before has restarted.
  const { id } = await eventually(() => suite.reservations.createReservation(first))
  let rest: ReturnType<Suite['rest']> | undefined
  let grpc: Promise<unknown> | undefined
  let stopped: Promise<void> | undefined
  await whileWritesWait('reservations', async () => {
    rest = suite.rest('PATCH', `/reservations/${id}`, { body: { note: 'by REST' } })
    grpc = suite.gateway.reservations.createReservation({ guest, room, in_date: day(2), out_date: day(3) })
    await eventually(async () => expect(await waitingWrites()).toBe(2))
    stopped = gateway?.process.stop()
    await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(503))
  })
  expect((await rest)?.json).toMatchObject({ note: 'by REST' })
  expect(await grpc).toMatchObject({ in_date: day(2) })
  await stopped
  await gateway?.process.start()
  expect((await suite.rest('GET', `/reservations/${id}`)).json).toMatchObject({ note: 'by REST' })
}, 30_000)
