import { diagnose } from '@hotel/stack/doctor/doctor'
import { administer } from '@hotel/stack/servers/administer'
import { perService, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { Client } from 'pg'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { endsOf } from '../support/ends.ts'
import { day, demandViewIsTrue, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'

// Somebody else takes all connections that the server has.
jest.setTimeout(120_000)

const ALL = 50
/** `superuser_reserved_connections`: what an operator looks by. */
const RESERVED = 3
let server: OwnServer
let suite: Suite
const ended = new AsyncDisposableStack()
beforeAll(async () => {
  server = ended.use(await startOwnServer({ settings: { max_connections: String(ALL) } }))
  suite = ended.use(await startSuite({ server: server.url, redis: false }))
  await administer(server.url, (client) => client.query(`create role visitor login password 'of-the-visitor'`))
})
afterAll(() => ended.disposeAsync())

/** Ends the sessions of services but those of this name, and takes each place as it becomes free; gives it all back when disposed. */
async function takeAll(spared: string): Promise<AsyncDisposable> {
  const taken: Client[] = []
  const url = new URL(server.url)
  url.username = 'visitor'
  url.password = 'of-the-visitor'
  const take = async (): Promise<boolean> => {
    const client = new Client({ connectionString: url.href })
    client.on('error', () => {})
    const error = await client.connect().then(
      () => undefined,
      ({ code }: { code?: string }) => code,
    )
    if (error === undefined) taken.push(client)
    else expect(error).toBe('53300')
    return error === undefined
  }
  const end = `select pg_terminate_backend(pid) from pg_stat_activity
    where usename like '%_service' and ($1 = '' or application_name <> $1)`
  const most = ALL - RESERVED - (spared === '' ? 0 : serviceNames.length)
  // A service that has lost its connection may be the first to get a place that is free, and this one of ours takes one, too.
  await eventually(async () => {
    await administer(server.url, (client) => client.query(end, [spared]))
    while (await take());
    expect(taken.length).toBe(most)
  }, 30_000)
  return { [Symbol.asyncDispose]: async () => void (await Promise.all(taken.map((client) => client.end()))) }
}

const pids = () => Object.values(suite.stack.services).map(({ instances }) => instances.map(({ pid }) => pid))
const health = async () => (await suite.rest('GET', '/healthz')).status

test.each([
  ['every connection', ''],
  ['every connection but those of the feed listeners', 'hotel-feed'],
])(
  'services that have lost %s say so, calls are UNAVAILABLE with when to repeat, and all recovers by itself',
  async (_, spared) => {
    const before = pids()
    const { guest, room } = await guestAndRoom(suite)
    const stay = { guest, room, in_date: day(), out_date: day(1) }
    const { id } = await suite.reservations.createReservation(stay)
    const calls = () => [
      () => suite.guests.getGuest({ id: guest }),
      () => suite.guests.listGuests({}),
      () => suite.guests.createGuest({ first_name: 'Grace' }),
      () => suite.rooms.updateRoom({ id: room, number: freshNumber() }),
      () => suite.reservations.updateReservation({ id, note: 'late' }),
      () => suite.reservations.createReservation({ ...stay, in_date: day(2), out_date: day(3) }),
      () => suite.reservations.listCurrentAndUpcoming({}),
      () => suite.reservations.deleteReservation({ id }),
    ]
    {
      await using _all = await takeAll(spared)
      expect(await endsOf(calls())).toEqual(['UNAVAILABLE with RetryInfo'])
      await eventually(async () => expect(await health()).toBe(503))
      for (const path of ['/guests', '/rooms', '/reservations']) {
        const { status, headers, json, text } = await suite.rest('GET', path)
        const answer = [path, status, json?.details?.[0]?.reason ?? text, headers.get('retry-after')]
        expect(answer).toEqual([path, 503, 'UNAVAILABLE', '1'])
      }
      for (const service of serviceNames) {
        const isRefused = (line: string) =>
          line.startsWith(`${service}:`) && line.includes('"readiness"') && line.includes('SQLSTATE 53300')
        await eventually(async () => expect(suite.lines.some(isRefused)).toBe(true))
      }
      expect(await diagnosed()).toContainEqual(
        expect.objectContaining({
          about: 'Postgres',
          wrong: expect.stringMatching(/^\d+ of 50 connections are in use$/),
        }),
      )
      // However long it lasts.
      expect(await endsOf(calls())).toEqual(['UNAVAILABLE with RetryInfo'])
    }
    await eventually(async () => expect(await health()).toBe(200), 30_000)
    await eventually(async () => expect(await endsOf(calls())).toEqual(['OK']), 30_000)
    expect(pids()).toEqual(before)
    await demandViewIsTrue(suite)
    expect(suite.lines.filter((line) => line.includes('"code":"INTERNAL"'))).toEqual([])
  },
)

const diagnosed = () =>
  diagnose({
    dataDir: suite.folder,
    databaseUrls: perService(suite.adminUrl),
    metrics: suite.stack.metricsAddresses,
    gateway: {
      host: '127.0.0.1',
      port: suite.stack.gateway?.port ?? 0,
      adminPort: suite.stack.gateway?.adminPort ?? 0,
    },
    walArchive: undefined,
    certificates: {},
  })
