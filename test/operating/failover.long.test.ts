import { rm } from 'node:fs/promises'
import { encryptedUrl } from '@hotel/runtime/database/database-url'
import { claim } from '@hotel/stack/run/run-file'
import { administer } from '@hotel/stack/servers/administer'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { testFolder } from '../harness/test-cluster.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { demandViewIsTrue, eventually } from '../support/hotel.ts'
import { contradictions, startLoad } from '../support/load.ts'
import { type Pair, startPair } from './standby.ts'

// The primary dies and its standby is promoted, while callers go on; both are named in the URL, and nothing is started again.
let pair: Pair | undefined
let suite: Suite | undefined
const ended = new AsyncDisposableStack()
beforeAll(async () => {
  const folder = await testFolder()
  ended.defer(() => rm(folder, { recursive: true, force: true }))
  const runFile = await claim(folder)
  ended.defer(() => runFile.close())
  pair = ended.use(await startPair(folder))
  suite = ended.use(await startSuite({ server: encryptedUrl(pair.url, false), redis: false }))
})
afterAll(() => ended.disposeAsync())

test('services follow to the standby that was promoted, and nothing acknowledged is lost', async () => {
  const [{ standby, primary }, running] = [pair as Pair, suite as Suite]
  const pids = () => Object.values(running.stack.services).map(({ instances }) => instances.map(({ pid }) => pid))
  const before = pids()
  const load = await startLoad(running, 6)
  const goesOn = (since: number) => eventually(async () => expect(load.since(since).ok).toBeGreaterThan(30), 60_000)
  await goesOn(performance.now())
  const isApplied = `select count(*)::int as count from pg_stat_replication where sync_state = 'sync' and state = 'streaming'`
  expect(await administer(primary.url, async (client) => (await client.query(isApplied)).rows)).toEqual([{ count: 1 }])

  await primary.process.kill()
  await administer(standby.url, async (client) => {
    expect((await client.query('select pg_promote() as done')).rows).toEqual([{ done: true }])
    // No standby of its own is there to wait for.
    await client.query(`alter system set synchronous_standby_names = ''`)
    await client.query('select pg_reload_conf()')
  })
  await goesOn(performance.now())
  const end = performance.now()
  await goesOn(end)
  await load.stop()
  expect(Object.keys(load.since(0).failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
  expect(await contradictions(running, load)).toEqual([])
  await demandViewIsTrue(running)
  expect(pids()).toEqual(before)
})
