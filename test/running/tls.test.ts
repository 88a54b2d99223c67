import { chown, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { createServer } from 'node:tls'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import { type Postgres, query, startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { serverUser } from '@hotel/stack/servers/postgres/postgres-user'
import { startRedis } from '@hotel/stack/servers/redis'
import { perService } from '@hotel/stack/service-names'
import { startStack } from '@hotel/stack/stack'
import type { StackOptions } from '@hotel/stack/stack-options'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClients } from '../harness/clients.ts'
import { testFolder } from '../harness/test-cluster.ts'
import { mintFor } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'
import { newAuthority } from './certificates.ts'

const trusted = newAuthority('trusted')
const closing = new AsyncDisposableStack()
let folder: string
let postgres: Postgres
let redisPort: number
const file = (name: string) => path.join(folder, name)

/** Postgres that encrypts, and Redis behind one that does for it, as not every build of Redis can. */
beforeAll(async () => {
  folder = await testFolder()
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const runFile = await claim(folder)
  const { signal } = new AbortController()
  const around = { runFile, log: () => {}, say: () => {}, restart: false, signal }
  const server = trusted.serve('localhost')
  await writeFile(file('ca.pem'), trusted.ca)
  await writeFile(file('other-ca.pem'), newAuthority('another').ca)
  await writeFile(file('server.pem'), server.cert)
  await writeFile(file('server.key'), server.key, { mode: 0o600 })
  const data = file('postgres')
  const user = await serverUser(data)
  if (user !== undefined) await chown(file('server.key'), user.uid, user.gid)
  const settings = { ssl: 'on', ssl_cert_file: file('server.pem'), ssl_key_file: file('server.key') }
  postgres = await startPostgres({
    data,
    port: await freePort(),
    password: 'postgres',
    durable: false,
    settings,
    around,
  })
  closing.defer(() => postgres.process.stop())

  const redis = await startRedis({ folder: file('redis'), port: await freePort(), password: 'redis', around })
  if (redis === undefined) throw new Error('there is no Redis on this machine')
  closing.defer(() => redis.process.stop())
  const encrypting = createServer(server, (socket) => {
    const plain = connect(Number(new URL(redis.url).port), '127.0.0.1')
    socket.on('error', () => plain.destroy()).pipe(plain)
    plain.on('error', () => socket.destroy()).pipe(socket)
  }).on('tlsClientError', () => {})
  redisPort = await freePort()
  await new Promise<void>((resolve) => encrypting.listen(redisPort, '127.0.0.1', resolve))
  closing.defer(() => void encrypting.close())
})
afterAll(() => closing.disposeAsync())

/** URL of the server that encrypts, by a name of it, checked by an authority. */
function urlBy(ca: string | undefined, host = 'localhost', url = postgres.url): string {
  const by = new URL(url)
  by.hostname = host
  by.searchParams.set('sslmode', 'verify-full')
  if (ca !== undefined) by.searchParams.set('sslrootcert', file(ca))
  return by.href
}

async function start(options: Partial<StackOptions>) {
  const lines: string[] = []
  const dataDir = await testFolder()
  closing.defer(() => rm(dataDir, { recursive: true, force: true }))
  const log = (_: string, line: string) => void lines.push(line)
  const starting = startStack({ dataDir, gateway: false, redis: false, ...options, log })
  return { lines, starting }
}

test('the whole suite by TLS: no connection to Postgres is plain, and Redis keeps pages', async () => {
  const { lines, starting } = await start({
    adminUrls: perService(() => urlBy('ca.pem')),
    redis: `rediss://:redis@localhost:${redisPort}`,
    instances: { reservations: 2 },
    env: { reservations: (instance) => ({ REDIS_CA_FILE: file(['ca.pem', 'other-ca.pem'][instance] ?? '') }) },
  })
  await using stack = await starting
  const { clients, close } = createClients(
    perService((name) => stack.addresses[name][0] ?? ''),
    await mintFor(stack, {}),
  )
  try {
    const guest = await clients.guests.createGuest({ first_name: 'Ada' })
    const room = await clients.rooms.createRoom({ number: '1' })
    await clients.reservations.createReservation({ guest: guest.id, room: room.id, in_date: day(), out_date: day(1) })
    const { reservations } = await clients.reservations.listCurrentAndUpcoming({})
    expect(reservations).toMatchObject([{ first_name: 'Ada' }])
  } finally {
    close()
  }
  const { rows } = await query(
    urlBy('ca.pem'),
    `select a.usename, bool_and(s.ssl) as encrypted, array_agg(distinct a.application_name) as kinds
     from pg_stat_activity a join pg_stat_ssl s using (pid)
     where a.usename like '%\\_service' group by 1 order by 1`,
  )
  expect(rows).toEqual(
    ['guests_service', 'reservations_service', 'rooms_service'].map((usename) => ({
      usename,
      encrypted: true,
      kinds: expect.arrayContaining(['hotel', 'hotel-feed']),
    })),
  )
  // One instance trusts the authority of Redis, the other does not, and answers from Postgres alone.
  await eventually(async () => {
    const redis = lines.filter((line) => line.includes('"msg":"redis"')).map((line) => JSON.parse(line))
    expect(redis).toContainEqual(expect.objectContaining({ redis: 'ready' }))
    const away = { redis: 'away', why: 'unreachable', err: expect.stringMatching(/is not trusted .*REDIS_CA_FILE/) }
    expect(redis).toContainEqual(expect.objectContaining(away))
  }, 40_000)
}, 120_000)

test.each([
  [
    'an authority that is not the server’s',
    () => urlBy('other-ca.pem'),
    /certificate of the server is not trusted.*sslrootcert/,
  ],
  [
    'the authorities of the system only',
    () => urlBy(undefined),
    /certificate of the server is not trusted.*sslrootcert/,
  ],
  // By its address, which its certificate does not name.
  [
    'a name that is not the server’s',
    () => urlBy('ca.pem', '127.0.0.1'),
    /certificate of the server is for another name/,
  ],
  ['a server that does not encrypt', () => urlBy('ca.pem', '127.0.0.1', plainUrl()), /the server does not encrypt/],
])('%s: nothing starts, and why is said', async (_, url, message) => {
  const { starting } = await start({ adminUrls: perService(url) })
  await expect(starting).rejects.toThrow(message)
})

test('a service that cannot trust its database is not ready, and says why', async () => {
  const stop = new AbortController()
  const { lines, starting } = await start({
    databaseUrls: perService(() => urlBy('other-ca.pem')),
    signal: stop.signal,
  })
  const ended = expect(starting).rejects.toThrow()
  await eventually(async () => {
    for (const service of ['guests', 'rooms', 'reservations'])
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`"service":"${service}".*not ready: the certificate of the server is not trusted`),
        ),
      )
  })
  stop.abort()
  await ended
})

/** The tests' own server. */
function plainUrl(): string {
  return (JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as { adminUrl: string }).adminUrl
}
