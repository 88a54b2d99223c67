import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { makeCode } from '@hotel/stack/identity/sign-in-codes'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { nodeBinary } from '../../stack/setup/install.mjs'
import { root } from '../../stack/setup/run.mjs'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ corsOrigins: ['https://desk.hotel.example'] })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})
const issuerFolder = () => suite.stack.issuer?.folder ?? ''
const MINUTE = 60_000
const code = (now = Date.now()) => makeCode(issuerFolder(), now)
const bring = (body: unknown, headers: Record<string, string> = {}) =>
  suite.rest('POST', '/console/session', { token: undefined, body, headers })

test('a code is exchanged for a token that does what a developer may, once', async () => {
  const given = await code()
  const { status, json, headers } = await bring({ code: given })
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(new Date(json.expires_at).getTime()).toBeGreaterThan(Date.now() + 60 * MINUTE)
  expect((await suite.rest('GET', '/hotels', { token: json.token })).status).toBe(200)
  const again = await bring({ code: given })
  expect([again.status, again.json.details[0].reason]).toEqual([401, 'UNAUTHENTICATED'])
})

test('of many who bring the same code at once, one gets a token', async () => {
  const given = await code()
  const answers = await Promise.all(Array.from({ length: 20 }, () => bring({ code: given })))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)])
})

test('a code is good for ten minutes, and only its hash is kept', async () => {
  expect((await bring({ code: await code(Date.now() - 10 * MINUTE) })).status).toBe(401)
  const late = await code(Date.now() - 9 * MINUTE)
  const folder = path.join(issuerFolder(), 'codes')
  for (const name of await readdir(folder))
    expect(name + (await readFile(path.join(folder, name), 'utf8'))).not.toContain(late)
  expect((await bring({ code: late })).status).toBe(200)
})

test('a wrong code of a link is refused, with how a link is made', async () => {
  for (const body of [{}, { code: 5 }, { code: 'x', more: 1 }, [], 'no JSON', { code: 'x'.repeat(2_000) }]) {
    const { status, json } = await bring(body)
    expect([status, json.details[0].reason]).toEqual([400, 'INVALID_FIELD'])
    expect(json.details[1].field_violations[0].field).toBe('code')
  }
  for (const wrong of ['', 'x', '../../key.json', 'A'.repeat(43)])
    expect((await bring({ code: wrong })).status).toBe(401)
  expect((await bring('code=x', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
  expect((await suite.rest('GET', '/console/session')).status).toBe(405)
})

test('a page of another origin gets no token, also where it may call the API', async () => {
  const given = await code()
  for (const origin of ['https://desk.hotel.example', 'http://evil.example', 'null']) {
    const { status, json } = await bring({ code: given }, { origin })
    expect([status, json.details[0].reason]).toEqual([403, 'PERMISSION_DENIED'])
  }
  expect((await bring({ code: given }, { origin: `http://${suite.gateway.address}` })).status).toBe(200)
})

test('neither code nor token is in what the suite writes', async () => {
  const given = await code()
  const { json } = await bring({ code: given })
  expect((await suite.rest('GET', '/rooms', { token: json.token })).status).toBe(200)
  const deadline = Date.now() + 10_000
  while (!suite.lines.some((line) => line.includes('/console/session')) && Date.now() < deadline)
    await suite.rest('GET', '/healthz')
  const text = suite.lines.join('\n')
  expect(text).toContain('/console/session')
  expect(text).not.toContain(given)
  expect(text).not.toContain(json.token)
})

test('guessing is limited as any call without a token', async () => {
  await using limited = await sharedSuite({ requestsPerSecond: 2 })
  const tries = Array.from({ length: 10 }, () =>
    limited.rest('POST', '/console/session', { token: undefined, body: { code: 'A'.repeat(43) } }),
  )
  const statuses = (await Promise.all(tries)).map(({ status }) => status)
  expect(statuses).toContain(429)
  expect(statuses.filter((status) => status === 401).length).toBeLessThan(10)
})

test('npm run console-link prints a link that signs in; in production it does not', async () => {
  const run = (env: Record<string, string>) =>
    promisify(execFile)(nodeBinary, [path.join(root, 'stack', 'identity', 'console-link.ts')], {
      env: { PATH: process.env.PATH, DATA_DIR: suite.stack.dataDir, GATEWAY_PORT: '12345', ...env },
    })
  const { stdout } = await run({})
  const [, printed] = /^http:\/\/127\.0\.0\.1:12345\/console\/sign-in#code=([\w-]{43})\n$/.exec(stdout) ?? []
  expect((await bring({ code: printed })).status).toBe(200)
  await expect(run({ NODE_ENV: 'production' })).rejects.toMatchObject({ stderr: expect.stringContaining('NODE_ENV') })
  await expect(run({ DATA_DIR: '/nowhere' })).rejects.toMatchObject({ stderr: expect.stringContaining('npm start') })
})
