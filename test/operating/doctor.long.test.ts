import { X509Certificate } from 'node:crypto'
import { chmod, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { diagnose, report } from '@hotel/stack/doctor/doctor'
import { certificateFinding, diskFinding } from '@hotel/stack/doctor/files'
import { clockFinding, type Target } from '@hotel/stack/doctor/finding'
import { judge, readMetrics } from '@hotel/stack/doctor/instances'
import { perService } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { insertChange } from '../feeds/feeds.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { newAuthority } from '../running/certificates.ts'
import { eventually, freshNumber } from '../support/hotel.ts'
import { waiting, whileLocked } from '../support/locks.ts'

// What `npm run doctor` says of a suite that runs, of which one thing after another is not as it should be.
let suite: Suite
let target: Target
beforeAll(async () => {
  suite = await sharedSuite()
  const { stack } = suite
  target = {
    dataDir: suite.folder,
    databaseUrls: perService(suite.adminUrl),
    metrics: stack.metricsAddresses,
    gateway: { host: '127.0.0.1', port: stack.gateway?.port ?? 0, adminPort: stack.gateway?.adminPort ?? 0 },
    walArchive: undefined,
    certificates: {},
    // The server is that of all tests, whose writers may wait for each other.
    bounds: { connections: 2, lockSeconds: 3_600, transactionSeconds: 3_600 },
  }
  await isWell()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const found = (bounds: Target['bounds'] = {}) => diagnose({ ...target, bounds: { ...target.bounds, ...bounds } })
/** What it says, each with its remedy. */
const says = async (about: string, wrong: string, remedy: string, bounds?: Target['bounds']) => {
  const finding = { about, wrong: expect.stringContaining(wrong), remedy: expect.stringContaining(remedy) }
  await eventually(async () => expect(await found(bounds)).toContainEqual(finding), 30_000)
}
/** All that may be seen on a machine without much room is its disk. */
const isWell = () =>
  eventually(async () => expect((await found()).filter(({ about }) => about !== 'disk')).toEqual([]), 60_000)

describe('it names what is wrong, and what to do', () => {
  test('a migration that is missing, and one that nobody knows', async () => {
    const [last] = await suite.sql<{ id: number; name: string; executed_at: Date }>(
      'guests',
      'delete from migration where id = (select max(id) from migration) returning *',
    )
    await says('guests', `lacks the migrations ${last?.name}`, 'prepare-database.ts guests')
    const back = 'insert into migration (id, name, executed_at) values ($1, $2, $3)'
    await suite.sql('guests', back, [last?.id, last?.name, last?.executed_at])
    await suite.sql('rooms', `insert into migration (name) values ('9999-of-tomorrow')`)
    await says('rooms', '9999-of-tomorrow, which this checkout does not know', 'an older one must not write')
    await suite.sql('rooms', `delete from migration where name = '9999-of-tomorrow'`)
    await isWell()
  })

  test('an index whose making was interrupted', async () => {
    await suite.sql('guests', 'create index doctor_unfinished on known_hotel (hotel_id)')
    await suite.sql('guests', `update pg_index set indisvalid = false where indexrelid = 'doctor_unfinished'::regclass`)
    await says('guests', 'the index doctor_unfinished is invalid', '`reindex index concurrently doctor_unfinished`')
    await suite.sql('guests', 'drop index doctor_unfinished')
    await isWell()
  })

  test('a transaction that stays open, and who waits for its lock', async () => {
    await suite.guests.createGuest({ hotel: suite.hotel, first_name: 'Ada' })
    let waiter: Promise<unknown> = Promise.resolve()
    await whileLocked(suite, 'guests', async () => {
      const open = 'a transaction of guests_service is open for'
      await says('guests', open, 'pg_terminate_backend', { transactionSeconds: 0 })
      waiter = suite.sql('guests', 'select 1 from feed_head for update')
      await waiting(suite, 'guests', 'Lock')
      await says('guests', '1 wait up to', 'pg_terminate_backend', { lockSeconds: 0 })
    })
    await waiter
    await isWell()
  })

  test('connections near the most that there may be', async () => {
    await says('Postgres', 'connections are in use', 'raise max_connections', { connections: 0.001 })
  })

  test('a service that is down, and one that cannot read a feed', async () => {
    await suite.stack.services.rooms.kill()
    await says('rooms', 'it does not answer at', 'its last lines')
    await says('rooms', 'the gateway sends no calls to', 'readiness')
    await says('gateway', '/healthz says 503', 'its last lines')
    await suite.stack.services.rooms.start()
    await isWell()
    await suite.rooms.createRoom({ number: freshNumber() })
    const seq = await insertChange(suite, suite.hotel, 'nonsense', {})
    await says('reservations', '1 hotels of rooms are set aside', 'runbook.md#hotels-set-aside')
    await suite.sql('rooms', 'delete from change where hotel_id = $1 and seq = $2', [suite.hotel, seq])
    await isWell()
  })

  test('Redis and the gateway, when they are down', async () => {
    await suite.stack.redis?.process.stop()
    await says('reservations', 'Redis does not answer', 'start Redis')
    await suite.stack.redis?.process.start()
    await suite.stack.gateway?.process.stop()
    await says('gateway', 'it does not answer at', 'start the suite')
    await suite.stack.gateway?.process.start()
    await isWell()
  })

  test('a gateway that works by an older configuration', async () => {
    const file = path.join(suite.folder, 'gateway', 'envoy.yaml')
    const { atime, mtime } = await stat(file)
    await utimes(file, new Date(), new Date(Date.now() + 60_000))
    await says('gateway', 'it works by an older one', 'again')
    await utimes(file, atime, mtime)
  })

  test('secrets that others may read, a key that is missing, a token that is over', async () => {
    const secrets = path.join(suite.folder, 'secrets.json')
    await chmod(secrets, 0o644)
    await says(secrets, 'others may read it (mode 644)', `chmod 600 ${secrets}`)
    await chmod(secrets, 0o600)
    const text = await readFile(secrets, 'utf8')
    await writeFile(secrets, text.replace(/"pageTokenKey": "[^"]+"/, '"pageTokenKey": ""'))
    await says(secrets, 'no page-token key of 32 bytes', 'from a backup')
    await writeFile(secrets, text)
    const token = path.join(suite.folder, 'issuer', 'rooms-token')
    const good = await readFile(token, 'utf8')
    await writeFile(token, await suite.token({ ttlSeconds: 1 }))
    await says('rooms', 'its token', 'renews it')
    await writeFile(token, good)
    await isWell()
  })

  test('files that are not there, or not what they should be, beside all else that is wrong', async () => {
    const secrets = path.join(suite.folder, 'secrets.json')
    const text = await readFile(secrets, 'utf8')
    await writeFile(secrets, text.slice(0, -9))
    const nowhere = path.join(suite.folder, 'nowhere')
    const findings = await diagnose({ ...target, walArchive: nowhere, certificates: { REDIS_CA_FILE: secrets } })
    await writeFile(secrets, text)
    expect(findings.map(({ about, wrong }) => [about, wrong])).toEqual(
      expect.arrayContaining([
        [nowhere, 'the folder is not there'],
        [secrets, expect.stringContaining('no page-token key')],
        [`REDIS_CA_FILE (${secrets})`, 'it is not a certificate'],
      ]),
    )
    await isWell()
  })

  test('a database that lets nobody in', async () => {
    const url = new URL(suite.adminUrl('rooms'))
    url.password = 'wrong'
    const databaseUrls = { ...target.databaseUrls, rooms: url.href }
    expect(await diagnose({ ...target, databaseUrls })).toContainEqual({
      about: 'rooms',
      wrong: expect.stringContaining('its database cannot be asked'),
      remedy: expect.stringContaining('DATABASE_URL'),
    })
  })

  test.each([
    ['hotel_feed_lag_seconds{feed="guests"}', 6, 'waits for 6 s'],
    ['hotel_replica_age_seconds{feed="rooms"}', 31, 'last complete 31 s ago'],
    ['hotel_writes_waiting', 101, '101 writes wait'],
    ['nodejs_eventloop_lag_p99_seconds', 1, 'late, by 1.0 s'],
    ['db_client_connection_pending_requests', 3, '3 calls wait for a connection'],
  ])('a value that is out of bounds: %s', async (series, value, wrong) => {
    const response = await fetch(`http://${target.metrics.reservations?.[0]}/metrics`)
    const values = readMetrics(await response.text())
    // Each is one that a service really has.
    expect(values.has(series)).toBe(true)
    expect(judge('reservations', new Map([...values, [series, 0]]))).toEqual([])
    const bad = new Map([...values, [series, value], ['db_client_connection_count{state="idle"}', 0]] as [
      string,
      number,
    ][])
    expect(judge('reservations', bad)).toEqual([expect.objectContaining({ wrong: expect.stringContaining(wrong) })])
  })

  test('clocks apart, a disk that is nearly full, a certificate near its end', async () => {
    expect(clockFinding('Postgres', 10_000, 9_000)).toEqual([])
    expect(clockFinding('Postgres', 1_000, 9_000)[0]?.wrong).toContain('8.0 s behind')
    expect(diskFinding('/data', 100e9, 1_000e9)).toEqual([])
    expect(diskFinding('/data', 40e9, 1_000e9)[0]?.wrong).toContain('are left for /data')
    const certificate = new X509Certificate(newAuthority('test').ca)
    const daysBefore = (days: number) => new Date(certificate.validToDate.getTime() - days * 86_400_000)
    expect(certificateFinding('sslrootcert', certificate, daysBefore(31))).toEqual([])
    expect(certificateFinding('sslrootcert', certificate, daysBefore(9))[0]?.wrong).toBe('it ends in 9 days')
    expect(certificateFinding('sslrootcert', certificate, daysBefore(-1))[0]?.wrong).toContain('it ended on')
  })
})

test('it fits one screen, and says so when nothing is wrong', async () => {
  expect(report([])).toMatch(/^Nothing is wrong/)
  expect(report([{ about: 'disk', wrong: 'it is full', remedy: 'free some room' }])).toBe(
    'One thing is wrong:\n\n  disk: it is full.\n      Do: free some room.',
  )
})
