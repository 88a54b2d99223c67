import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { readConfig } from '@hotel/stack/config'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Env } from '@hotel/stack/servers/services'
import { perService, type ServiceName } from '@hotel/stack/service-names'
import { startStack } from '@hotel/stack/stack'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { crossLock } from '../support/locks.ts'
import { folderWith, run } from '../transfer/transfer-runs.ts'

let suite: Suite
let commands: Set<string>
beforeAll(async () => {
  const seeing = seeCommands()
  suite = await startSuite({ ownPostgres: true, logLevel: 'trace', restart: true })
  commands = seeing.stop()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const NAMES = {
  first_name: 'Zebedee-canary',
  last_name: 'Quux-canary',
  email: 'canary@example.org',
  phone: '+442079460958',
}
const PERSONAL = /canary|2079460958/i
/** A setting that must not be shown, as it would stand in a URL too. */
const PLANTED = 'planted-s3cret'

/** The command lines of all processes of this machine, as they come and go, until it is stopped. */
function seeCommands() {
  const seen = new Set<string>()
  const stopping = new AbortController()
  const look = () => {
    for (const line of execFileSync('ps', ['-Ao', 'args='], { encoding: 'utf8' }).split('\n')) seen.add(line)
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      look()
      await setTimeout(50, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  void looking
  return {
    stop() {
      look()
      stopping.abort()
      return seen
    },
  }
}

describe('no line of any process holds what callers say of persons', () => {
  const post = (path: string, body: unknown) => suite.rest('POST', path, { body })
  const isWell = () =>
    eventually(async () => {
      expect((await suite.rest('GET', '/healthz')).status).toBe(200)
      for (const name of ['guests', 'rooms', 'reservations'])
        expect((await suite.rest('GET', `/${name}`)).status).toBe(200)
    }, 30_000)
  let guest: string
  let room: string

  test('when all is well, when it is refused, when it conflicts', async () => {
    guest = (await post('/guests', NAMES)).json.id
    room = (await post('/rooms', { number: freshNumber() })).json.id
    const statuses: number[] = []
    const tell = async (answer: Promise<{ status: number }>) => void statuses.push((await answer).status)
    await tell(post('/guests', { ...NAMES, phone: 'call canary' }))
    await tell(post('/guests', { ...NAMES, first_name: 'canary'.repeat(100) }))
    await tell(post('/guests', { ...NAMES, canary: 'canary' }))
    await tell(post('/guests', { ...NAMES, first_name: 'canary\0' }))
    await tell(post('/guests', '{"first_name": "canary", '))
    await tell(suite.rest('GET', '/guests?query=canary'))
    await tell(suite.rest('GET', '/guests?canary=1'))
    await tell(
      suite.rest('PATCH', `/guests/${guest}`, { body: { last_name: 'canary' }, headers: { 'if-match': '"9"' } }),
    )
    // With any outcome: its answer is not looked at.
    await suite.rest('GET', `/guests/${guest}`, { headers: { authorization: `Bearer ${PLANTED}` } })
    const stay = { guest, room, in_date: day(), out_date: day(1), note: 'canary snores' }
    await tell(post('/reservations', stay))
    await tell(post('/reservations', stay))
    const employee = { first_name: 'canary', email: 'canary@example.org', role: 'MANAGER' }
    await tell(post('/employees', employee))
    await tell(post('/employees', employee))
    expect(statuses).toEqual([400, 400, 400, 400, 400, 200, 400, 409, 201, 400, 201, 409])
  })

  test('when files are imported, some lines of which are refused', async () => {
    const header = 'id,first_name,last_name,email,phone'
    const lines = ['a canary,b,canary@example.org', 'canary,canary,no address'].map((line) => `,${line},`)
    await using folder = await folderWith({ 'guests.csv': [header, ...lines, ''].join('\n') })
    const { output } = await run(suite, 'import', folder.path, 'guests.csv')
    expect(output).toMatch(/1 imported.* 1 refused/)
  })

  test('when a statement fails, inside and by a deadlock', async () => {
    const [row] = await suite.sql<{ id: string }>('reservations', 'select id from reservation limit 1')
    const { crossed } = await crossLock(suite, row?.id ?? '')
    await suite.reservations.updateReservation({ id: row?.id ?? '', note: 'canary again' })
    await crossed
    await suite.sql('guests', 'alter table guest rename phone to telephone')
    expect((await post('/guests', NAMES)).status).toBe(500)
    expect((await suite.rest('PATCH', `/guests/${guest}`, { body: { phone: '+442079460958' } })).status).toBe(500)
    await suite.sql('guests', 'alter table guest rename telephone to phone')
    await suite.sql('guests', `alter table guest add constraint guest_odd check (first_name not like '%odd')`)
    expect((await post('/guests', { ...NAMES, first_name: 'canary odd' })).status).toBe(500)
    await suite.sql('guests', 'alter table guest drop constraint guest_odd')
    await isWell()
  })

  test('when Postgres loses a session that writes names, and is stopped and started while others are written', async () => {
    const statuses: number[] = []
    await administer(suite.adminUrl('guests'), async (lock) => {
      await lock.query('begin; lock table guest in share row exclusive mode')
      const creating = post('/guests', NAMES)
      const pid = await eventually(async () => {
        const [waiting] = await suite.sql<{ pid: number; query: string }>(
          'guests',
          `select pid, query from pg_stat_activity where wait_event_type = 'Lock'`,
        )
        // What it writes are parameters of the statement, of which the server shows only the text.
        expect(waiting?.query).toMatch(/insert into guest/)
        expect(waiting?.query).not.toMatch(PERSONAL)
        return waiting?.pid ?? 0
      })
      process.kill(pid, 'SIGKILL')
      statuses.push((await creating).status)
      await lock.query('rollback').catch(() => undefined)
    })
    await isWell()
    let running = true
    const writing = Array.from({ length: 4 }, async () => {
      while (running) statuses.push((await post('/guests', NAMES)).status)
    })
    await suite.stack.postgres?.process.stop()
    await suite.stack.postgres?.process.start()
    await isWell()
    running = false
    await Promise.all(writing)
    expect(new Set(statuses)).toEqual(new Set([201, 503]))
  }, 60_000)

  test('as all their lines show', async () => {
    const from = (name: string) => suite.lines.filter((line) => line.startsWith(`${name}: `))
    for (const name of ['guests', 'rooms', 'reservations', 'gateway', 'postgres'])
      expect([name, from(name).length]).not.toEqual([name, 0])
    // Its failure is reported, but not its values.
    expect(from('postgres').join('\n')).toMatch(
      /ERROR: .*deadlock detected[\s\S]*ERROR: .*column[\s\S]*terminated by signal 9/,
    )
    expect(from('guests').filter((line) => line.includes('call failed'))).toHaveLength(3)
    expect(suite.lines.filter((line) => PERSONAL.test(line))).toEqual([])
  })
})

describe('no secret is shown', () => {
  /** Where, and by which secret, for the report of a failure. */
  const found = (places: Iterable<string>, secrets: readonly string[]) =>
    [...places].filter((place) => secrets.some((secret) => place.includes(secret)))

  test('in a line or a command line of a suite that runs, was broken, and runs again', async () => {
    const kept = JSON.parse(await readFile(path.join(suite.folder, 'secrets.json'), 'utf8')) as Record<
      string,
      string | Record<string, string>
    >
    const secrets = Object.values(kept).flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value)))
    expect(secrets).toHaveLength(9)
    const seen = new Set([...commands, ...seeCommands().stop()])
    for (const program of ['services/guests/main.ts', 'bin/postgres', 'envoy', 'redis-server', 'migrate.ts'])
      expect([...seen].filter((line) => line.includes(program)).length).toBeGreaterThan(0)
    expect(found(seen, secrets)).toEqual([])
    expect(found(suite.lines, secrets)).toEqual([])
  })

  /** Starts the services with settings that are wrong, until one says this; gives all that was said. */
  async function startWrong(env: Partial<Record<ServiceName, Env>>, words: RegExp): Promise<string[]> {
    const lines: string[] = []
    const stop = new AbortController()
    const starting = startStack({
      dataDir: path.join(suite.folder, 'wrong'),
      databaseUrls: suite.stack.databaseUrls,
      redis: suite.stack.redis?.url ?? false,
      gateway: false,
      env,
      logLevel: 'trace',
      log: (name, line) => lines.push(`${name}: ${line}`),
      say: (line) => lines.push(line),
      signal: stop.signal,
    })
    const ended = starting.then(
      (stack) => stack.stop(),
      (error: Error) => lines.push(error.message, error.stack ?? ''),
    )
    await Promise.race([eventually(async () => expect(lines.join('\n')).toMatch(words)), ended])
    stop.abort()
    await ended
    expect(lines.join('\n')).toMatch(words)
    return lines
  }
  const wrong: [string, Partial<Record<ServiceName, Env>>, RegExp][] = [
    ['a key that is none', { guests: { PAGE_TOKEN_KEY: PLANTED } }, /PAGE_TOKEN_KEY is not 32 bytes/],
    [
      'a URL that is none',
      { rooms: { DATABASE_URL: `postgresql//x:${PLANTED}@y` } },
      /DATABASE_URL is not a postgresql/,
    ],
    ['a Redis URL that is none', { reservations: { REDIS_URL: `redis//:${PLANTED}` } }, /REDIS_URL is not a redis/],
    [
      'a header that is none',
      { guests: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_HEADERS: PLANTED } },
      /OTEL_EXPORTER_OTLP_HEADERS has an entry that is not key=value/,
    ],
  ]
  test.each(wrong)('%s: the variable is named', async (_, env, words) => {
    expect(found(await startWrong(env, words), [PLANTED])).toEqual([])
  })

  test('passwords that are wrong: the services are not ready, Redis is not used', async () => {
    const withPlanted = (text: string) => {
      const url = new URL(text)
      url.password = PLANTED
      return url.href
    }
    const rooms = { DATABASE_URL: withPlanted(suite.stack.databaseUrls.rooms) }
    expect(
      found(await startWrong({ rooms }, /not ready: password authentication failed.*SQLSTATE 28P01/), [PLANTED]),
    ).toEqual([])
    const reservations = { REDIS_URL: withPlanted(suite.stack.redis?.url ?? '') }
    expect(found(await startWrong({ reservations }, /"redis":"away"/), [PLANTED])).toEqual([])
    const admin = databaseUrl(suite.stack.postgres?.url ?? '', 'postgres', 'postgres', PLANTED)
    const starting = startStack({ dataDir: path.join(suite.folder, 'wrong'), adminUrls: perService(() => admin) })
    const message = await starting.catch((error: Error) => `${error.message} ${error.stack}`)
    expect(message).toContain('cannot be used (password authentication failed for user "postgres", SQLSTATE 28P01)')
    expect(message).not.toContain(PLANTED)
    expect(found(suite.lines, [PLANTED])).toEqual([])
  })

  test.each([
    { DATABASE_URL: `mysql://x:${PLANTED}@localhost/db` },
    { GUESTS_DATABASE_URL: `postgresql://x:${PLANTED}@db.example.com/db?sslmode=disable` },
    { REDIS_URL: `http://:${PLANTED}@localhost` },
    { OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://x:${PLANTED}@localhost` },
    { OTEL_EXPORTER_OTLP_HEADERS: `authorization=${PLANTED}%` },
  ])('by `npm start` of %o', (env) => {
    const [variable = ''] = Object.keys(env)
    expect(() => readConfig(env)).toThrow(variable)
    expect(() => readConfig(env)).not.toThrow(PLANTED)
  })

  test('each may be a file', async () => {
    const url = 'postgresql://x:y@localhost:5432/'
    await using folder = await folderWith({ url: `${url}\n`, redis: 'rediss://:z@cache.example.com\n' })
    const env = { DATABASE_URL_FILE: path.join(folder.path, 'url'), REDIS_URL_FILE: path.join(folder.path, 'redis') }
    const config = readConfig(env)
    expect(config.adminUrls.rooms).toContain(url)
    expect(config.redisUrl).toBe('rediss://:z@cache.example.com')
    expect(() => readConfig({ ...env, DATABASE_URL: url })).toThrow('DATABASE_URL and DATABASE_URL_FILE are both set')
  })
})
