import { randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startObservers } from '@hotel/stack/observe/observe'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { parse } from 'yaml'
import { findOnPath } from '../../stack/setup/python.mjs'
import { root } from '../../stack/setup/run.mjs'
import { insertChange } from '../feeds/feeds.ts'
import { testFolder } from '../harness/test-cluster.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { eventually, freshNumber } from '../support/hotel.ts'
import { whileLocked } from '../support/locks.ts'

// Each fault lets the expressions of its alerts hold, by a Prometheus that asks the suite as that of `--observe` does.
jest.setTimeout(240_000)

const hasPrometheus = findOnPath('prometheus') !== undefined
const describeObserved = hasPrometheus ? describe : describe.skip
const title = hasPrometheus
  ? 'a fault and its alerts'
  : 'a fault and its alerts (NOT RUN: needs `prometheus` on PATH, `apt install prometheus`)'

const provoked = new Set<string>()

describeObserved(title, () => {
  let suite: Suite
  let prometheus: string
  let rules: ReadonlyMap<string, string>
  const ended = new AsyncDisposableStack()
  beforeAll(async () => {
    suite = ended.use(await startSuite())
    const folder = await testFolder()
    ended.defer(() => rm(folder, { recursive: true, force: true }))
    const runFile = await claim(folder)
    ended.defer(() => runFile.close())
    const around = { runFile, log: () => {}, say: () => {}, restart: false, signal: new AbortController().signal }
    const [first, grafana, jaeger, otlp] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    const ports = { prometheus: first, grafana, jaeger, otlp }
    ended.use(await startObservers({ dataDir: suite.folder, ports, grafanaHome: undefined, jaeger: {} }, around))
    prometheus = `http://127.0.0.1:${ports.prometheus}`
    const { groups } = parse(await readFile(path.join(root, 'deploy', 'observe', 'alerts.yml'), 'utf8')) as {
      groups: { rules: { alert: string; expr: string }[] }[]
    }
    rules = new Map(groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr])))
  })
  afterAll(() => ended.disposeAsync())

  const holds = async (alert: string) => {
    const response = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: rules.get(alert) ?? '' })}`)
    const { data } = (await response.json()) as { data: { result: unknown[] } }
    return data.result.length > 0
  }
  /** Does harm again and again until each of these alerts has held. */
  const provokes = async (alerts: readonly string[], harm: () => Promise<unknown>) => {
    const missing = new Set(alerts)
    await eventually(async () => {
      await harm()
      for (const alert of missing) if (await holds(alert)) missing.delete(alert)
      expect([...missing]).toEqual([])
    }, 120_000)
    for (const alert of alerts) provoked.add(alert)
  }
  const all = (calls: readonly Promise<unknown>[]) => Promise.allSettled(calls)
  const newHotel = async () => (await suite.hotels.createHotel({ name: freshNumber() })).id
  const databaseOf = (service: ServiceName) => new URL(suite.stack.databaseUrls[service]).pathname.slice(1)

  test('a service that is killed', async () => {
    const { id: room } = await suite.rooms.createRoom({ number: freshNumber() })
    await suite.stack.services.guests.kill()
    const book = () =>
      suite.reservations.createReservation({ guest: randomUUID(), room, in_date: '2030-01-01', out_date: '2030-01-02' })
    await provokes(['ServiceDown', 'InstancesMissing', 'CallsFail', 'PeerCallsFail', 'ReplicaAge'], () =>
      all([book(), sleep(1_000)]),
    )
    await suite.stack.services.guests.start()
  })

  test('a database that lets nobody in', async () => {
    const database = databaseOf('guests')
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename like '%service'`
    await suite.sql('guests', `alter database ${database} connection limit 0`)
    try {
      await provokes(['ConnectionsRefused'], () =>
        all([suite.guests.listGuests({}), suite.sql('guests', end), sleep(500)]),
      )
    } finally {
      await suite.sql('guests', `alter database ${database} connection limit -1`)
    }
    await eventually(() => suite.guests.listGuests({}), 30_000)
  })

  test('a table that is locked', async () => {
    const desks = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (n) => {
        const hotel = await newHotel()
        const { direct } = suite.clientsWith(await suite.token({ hotels: [hotel], subject: `desk ${n}` }))
        return { hotel, direct }
      }),
    )
    const { id } = await suite.guests.createGuest({ first_name: 'Ada' })
    const one = await newHotel()
    const harm = () =>
      all([
        ...desks.flatMap(({ direct }) => Array.from({ length: 12 }, () => direct.guests.getGuest({ id }))),
        ...desks.map(({ hotel, direct }) => direct.guests.createGuest({ hotel, first_name: 'Grace' })),
        ...Array.from({ length: 125 }, () => suite.guests.createGuest({ hotel: one, first_name: 'Many' })),
      ])
    let calls: Promise<unknown> = Promise.resolve()
    const held = async () => {
      let running = true
      calls = (async () => {
        while (running) await harm()
      })()
      await provokes(['PoolExhausted', 'PoolWaits', 'CallsSlow'], () => sleep(250)).finally(() => (running = false))
    }
    await whileLocked(suite, 'guests', held, 'lock table guest in access exclusive mode')
    await calls
  })

  test("a hotel's head that somebody holds", async () => {
    const hotel = await newHotel()
    const { first_name } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    let calls: Promise<unknown> = Promise.resolve()
    const held = async () => {
      let running = true
      calls = (async () => {
        while (running) await all(Array.from({ length: 120 }, () => suite.guests.createGuest({ hotel, first_name })))
      })()
      await provokes(['WritesWaiting'], () => sleep(250)).finally(() => (running = false))
    }
    await whileLocked(suite, 'guests', held, `select from feed_head where hotel_id = '${hotel}' for update`)
    await calls
  })

  test('copies that cannot be written', async () => {
    // A hotel whose change waits for two seconds is set aside, and counts no more: those behind it wait for their turns.
    const hotels = await Promise.all(Array.from({ length: 60 }, newHotel))
    const held = async () => {
      await all(hotels.map((hotel) => suite.guests.createGuest({ hotel, first_name: 'Ada' })))
      await provokes(['FeedLag'], () => sleep(250))
    }
    await whileLocked(suite, 'reservations', held, 'lock table guest in access exclusive mode')
  })

  test('a change that nobody can read', async () => {
    await insertChange(suite, await newHotel(), 'no_resource', {})
    await provokes(['HotelsSetAside'], () => sleep(500))
  })

  test('a function that is gone', async () => {
    await suite.sql('guests', 'alter function list_guests rename to list_guests_away')
    try {
      await provokes(['InternalErrors'], () => all([suite.guests.listGuests({}), sleep(500)]))
    } finally {
      await suite.sql('guests', 'alter function list_guests_away rename to list_guests')
    }
  })

  test('transactions that meet', async () => {
    const hotel = await newHotel()
    await suite.sql(
      'guests',
      `create function meets() returns trigger language plpgsql as $$ begin raise exception 'meets' using errcode = '40001'; end $$;
       create trigger a_meeting before insert on guest for each row when (new.hotel_id = '${hotel}') execute function meets()`,
    )
    try {
      await provokes(['TransactionsRepeated'], () =>
        all(Array.from({ length: 20 }, () => suite.guests.createGuest({ hotel, first_name: 'Ada' }))),
      )
    } finally {
      await suite.sql('guests', 'drop function meets cascade')
    }
  })

  test('a process that gets no time', async () => {
    const pid = suite.stack.services.rooms.instances[0]?.pid ?? 0
    await provokes(['EventLoopLag'], async () => {
      process.kill(pid, 'SIGSTOP')
      await sleep(600)
      process.kill(pid, 'SIGCONT')
      await sleep(300)
    })
  })

  test('a Redis in which another program writes', async () => {
    const redis = new Redis(suite.stack.redis?.url ?? '')
    try {
      await provokes(['CacheUnreadable'], async () => {
        await suite.rest('GET', '/reservations/current_and_upcoming')
        for (const key of await redis.keys('*')) await redis.set(key, 'of another program')
        await suite.rest('GET', '/reservations/current_and_upcoming')
        await sleep(250)
      })
    } finally {
      await redis.flushall()
      redis.disconnect()
    }
  })

  test('Redis that is stopped', async () => {
    await suite.stack.redis?.process.stop()
    await provokes(['RedisDown'], () => all([suite.reservations.listCurrentAndUpcoming({}), sleep(500)]))
    await suite.stack.redis?.process.start()
  })

  test('all alerts but one that needs thousands of callers were provoked', () => {
    expect([...rules.keys()].filter((alert) => !provoked.has(alert))).toEqual(['GatewayOverflow'])
  })
})
