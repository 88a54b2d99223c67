import path from 'node:path'
import { query } from '@hotel/stack/servers/postgres/postgres'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { endsOf } from '../support/ends.ts'
import { day, demandViewIsTrue, eventually, guestAndRoom } from '../support/hotel.ts'
import { contradictions, type Load, startLoad } from '../support/load.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'
import { describeOnSmallDisk, mountSmallDisk, type SmallDisk } from './small-disk.ts'

// Postgres has no room left on its disk: for its tables, then for a checkpoint, which ends it.
jest.setTimeout(180_000)

describeOnSmallDisk('while the disk of Postgres is full', () => {
  let disk: SmallDisk
  let server: OwnServer
  let suite: Suite
  let load: Load
  const ended = new AsyncDisposableStack()
  beforeAll(async () => {
    disk = ended.use(await mountSmallDisk(384))
    const settings = { max_connections: '100', min_wal_size: '64MB', max_wal_size: '64MB', restart_after_crash: 'on' }
    server = ended.use(await startOwnServer({ folder: path.join(disk.folder, 'postgres'), settings }))
    suite = ended.use(await startSuite({ server: server.url, redis: false }))
    load = await startLoad(suite, 6)
  })
  afterAll(async () => {
    await disk?.empty()
    await load?.stop()
    await ended.disposeAsync()
  })

  const pids = () => Object.values(suite.stack.services).map(({ instances }) => instances.map(({ pid }) => pid))
  const succeed = () => {
    const since = performance.now()
    return eventually(async () => expect(load.since(since).ok).toBeGreaterThan(30), 90_000)
  }
  /** Resolves once calls fail; what becomes free meanwhile, as by a recovery that ends, is taken. */
  const fail = () => {
    const since = performance.now()
    return eventually(async () => {
      await disk.fill()
      expect(load.since(since).failed.UNAVAILABLE).toBeGreaterThan(6)
    }, 60_000)
  }
  const isWell = async (before: unknown) => {
    await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(200), 90_000)
    await succeed()
    expect(pids()).toEqual(before)
    await demandViewIsTrue(suite)
  }

  test('no table can grow: writes end with when to repeat, reads go on, and so do writes when there is room', async () => {
    const before = pids()
    const { guest, room } = await guestAndRoom(suite)
    await succeed()
    // The log has room in files that it has already.
    for (let n = 0; n < 6; n++) await query(server.url, 'select pg_switch_wal()')
    await query(server.url, 'checkpoint')
    await disk.fill()
    await fail()
    const note = 'x'.repeat(1_000)
    const write = (n: number) => () =>
      suite.reservations.createReservation({ guest, room, in_date: day(n), out_date: day(n + 1), note })
    const ends = await endsOf(Array.from({ length: 32 }, (_, n) => write(n)))
    expect(ends.filter((end) => end !== 'OK')).toEqual(['UNAVAILABLE with RetryInfo'])
    await suite.gateway.guests.getGuest({ id: guest })
    await suite.gateway.reservations.listReservations({})
    await disk.empty()
    await isWell(before)
  })

  test('no checkpoint can be made, which ends Postgres: with room it comes back by itself, and the services with it', async () => {
    const before = pids()
    const told = server.lines.length
    await disk.fill()
    // A checkpoint needs some room; whatever the crash frees is taken by others.
    await eventually(async () => {
      await query(server.url, 'checkpoint').catch(() => {})
      await disk.fill()
      expect(server.lines.slice(told).some((line) => line.includes('PANIC'))).toBe(true)
    }, 60_000)
    await fail()
    await disk.empty()
    await isWell(before)
  })

  test('nothing acknowledged is lost, no create ran twice, and none was a fault of the services', async () => {
    await load.stop()
    const codes = Object.keys(load.since(0).failed)
    expect(codes.filter((code) => !['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(code))).toEqual([])
    expect(await contradictions(suite, load)).toEqual([])
    expect(suite.lines.filter((line) => line.includes('"code":"INTERNAL"'))).toEqual([])
  })
})
