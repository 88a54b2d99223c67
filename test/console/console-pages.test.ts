import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { CONSOLE } from '@hotel/gateway/console/folder'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ownPages } from '../../console/src/own-pages.ts'
import { callsAt, gatewayCount } from '../edge/raw-http.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

const chrome = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
const id = '01900000-0000-7000-8000-000000000000'
let suite: Suite
let page: string
beforeAll(async () => {
  if (!existsSync(path.join(CONSOLE, 'index.html'))) throw new Error('the console is not built: run `npm run console`')
  page = await readFile(path.join(CONSOLE, 'index.html'), 'utf8')
  suite = await sharedSuite({ requestsPerSecond: 1, consoleOidc: oidc })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})
const oidc = { CONSOLE_OIDC_ISSUER: 'https://id.hotel.example/realms/hotel', CONSOLE_OIDC_CLIENT_ID: 'console' }

const get = (target: string, accept?: string, more: Record<string, string> = {}, method = 'GET') =>
  suite.rest(method, target, {
    token: undefined,
    headers: { ...(accept === undefined ? {} : { accept }), ...more },
  })
const listed = (headers: Headers, name: string) => (headers.get(name) ?? '').split(/, ?/)

describe('the callers that get the page', () => {
  test.each([
    chrome,
    'text/html',
    'TEXT/HTML',
    'text/html, application/json',
    'text/html;q=0.9, application/json;q=0.8',
    'application/json;q=0.8, text/html;q=0.85',
    'text/html;level=1, */*',
    'text/html;q=0.001',
  ])('who accepts %s', async (accept) => {
    const { status, headers, text } = await get('/guests', accept)
    expect([status, headers.get('content-type'), text]).toEqual([200, 'text/html; charset=utf-8', page])
    expect(listed(headers, 'vary')).toEqual(expect.arrayContaining(['accept']))
  })

  test.each([
    undefined,
    '*/*',
    'application/json',
    'application/json, text/html',
    'application/json, text/plain, */*',
    'text/html;q=0.8, application/json;q=0.85',
    'text/html;q=0.5, */*;q=0.8',
    '*/*, text/html',
    'application/*, text/html',
    'text/html;q=0, */*',
    'text/html;q=x',
    'text/htmlx',
  ])('not who accepts %s', async (accept) => {
    const { status, headers, json } = await get('/guests', accept)
    // Without a token, and within the one request a second.
    expect([401, 429]).toContain(status)
    expect(headers.get('content-type')).toBe('application/json')
    expect(json.code).toBeGreaterThan(0)
    expect(listed(headers, 'vary')).toEqual(expect.arrayContaining(['accept']))
  })

  test('at every address that the API is read at, and the console has', async () => {
    const lists = ['current_and_upcoming', 'current', 'upcoming', 'in_house', 'arrivals', 'departures']
    const stays = lists.map((list) => `/reservations/${list}`)
    const all = [
      '/',
      '/guests',
      '/guests/',
      `/rooms/${id}`,
      `/reservations/${id}/history`,
      '/rooms?page_size=3&query=x',
    ]
    const own = ['/console', ...ownPages.map((name) => `/console/${name}`)]
    for (const target of [...all, ...stays, ...own]) {
      const { status, text } = await get(target, chrome)
      expect([target, status, text]).toEqual([target, 200, page])
    }
  })

  test('with 404 where there is nothing, as JSON says it to others', async () => {
    for (const target of ['/nowhere', '/guests/a/b', '/console/nothing']) {
      const { status, headers, text } = await get(target, chrome)
      expect([status, headers.get('content-type'), text]).toEqual([404, 'text/html; charset=utf-8', page])
      expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    }
    const { status, json } = await get('/console/assets/gone.js', '*/*')
    expect([status, json.details[0].reason]).toEqual([404, 'RESOURCE_NOT_FOUND'])
  })

  test('only by GET and HEAD, and never in place of a document, a stream or gRPC', async () => {
    const head = await get('/guests', chrome, {}, 'HEAD')
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(page.length)])
    expect((await get('/nowhere', chrome, {}, 'HEAD')).status).toBe(404)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect((await get(`/guests/${id}`, chrome, {}, method)).headers.get('content-type')).toBe('application/json')
    for (const target of ['/openapi.json', '/openapi.json/', '/console/config.json', '/console/grpc.json'])
      expect((await get(target, chrome)).headers.get('content-type')).toBe('application/json')
    expect((await get('/guests:watch?hotel=x', chrome)).headers.get('content-type')).toBe('application/json')
    expect((await get('/healthz', chrome)).text).toBe('')
  })

  test('without a service, a token or a request of its limit', async () => {
    const before = await callsAt(suite)
    const limited = () => gatewayCount(suite, 'hotel_ratelimit_client.http_local_rate_limit.enabled')
    const counted = await limited()
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => get(`/rooms/${index}`, chrome)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await limited()).toBe(counted)
    expect(await callsAt(suite)).toBe(before)
    // A header of that name from a client decides nothing.
    expect((await get('/rooms', '*/*', { 'x-hotel-page': '1' })).headers.get('content-type')).toBe('application/json')
  })
})

describe('a file that the page loads', () => {
  const assets = async () => (await readdir(path.join(CONSOLE, 'assets'))).filter((name) => !/\.(br|gz)$/.test(name))
  const fetchRaw = async (target: string, accepted: string) =>
    fetch(`http://${suite.gateway.address}${target}`, { headers: { 'accept-encoding': accepted } })

  test('comes in the coding that is accepted, for good, with a version', async () => {
    for (const name of await assets()) {
      const target = `/console/assets/${name}`
      const content = await readFile(path.join(CONSOLE, 'assets', name))
      const etags = new Set<string | null>()
      for (const accepted of ['br', 'gzip', 'identity']) {
        // fetch itself takes the coding off.
        const answer = await fetchRaw(target, accepted)
        const coding = answer.headers.get('content-encoding')
        expect([target, coding]).toEqual([target, content.length < 1_024 || accepted === 'identity' ? null : accepted])
        expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true)
        expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        etags.add(answer.headers.get('etag'))
        const etag = answer.headers.get('etag') ?? ''
        const again = await fetch(answer.url, { headers: { 'accept-encoding': accepted, 'if-none-match': etag } })
        expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
      }
      expect(etags.size).toBe(content.length < 1_024 ? 1 : 3)
    }
  })

  test('is named by the page, and is there', async () => {
    const names = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect([name, (await get(name)).status]).toEqual([name, 200])
    const types = await Promise.all(
      names.map(async (name) => [path.extname(name), (await get(name)).headers.get('content-type')]),
    )
    for (const [, type] of types.filter(([extension]) => extension === '.js')) expect(type).toContain('text/javascript')
  })

  test('is compressed as the files say', async () => {
    for (const name of await assets()) {
      const file = path.join(CONSOLE, 'assets', name)
      if (!existsSync(`${file}.br`)) continue
      const content = await readFile(file)
      expect(brotliDecompressSync(await readFile(`${file}.br`)).equals(content)).toBe(true)
      expect(gunzipSync(await readFile(`${file}.gz`)).equals(content)).toBe(true)
    }
  })

  test('can only be read', async () => {
    for (const target of ['/console/config.json', '/console/desk', '/docs']) {
      const { status, headers } = await get(target, undefined, {}, 'POST')
      expect([target, status]).toEqual([target, 405])
      expect(listed(headers, 'allow')).toEqual(expect.arrayContaining(['GET', 'HEAD']))
    }
  })
})

describe('the answers to a browser', () => {
  test('keeps foreign scripts, frames and addresses out of every page', async () => {
    for (const target of ['/', '/guests', '/console/desk', '/docs', '/nowhere']) {
      const { headers } = await get(target, chrome)
      const policy = Object.fromEntries(
        (headers.get('content-security-policy') ?? '').split('; ').map((each) => each.split(/ (.*)/).slice(0, 2)),
      )
      expect(policy).toMatchObject({
        ...{ 'default-src': "'none'", 'script-src': "'self'", 'object-src': "'none'", 'base-uri': "'none'" },
        ...{ 'frame-ancestors': "'none'", 'connect-src': "'self' https://id.hotel.example" },
      })
      expect(Object.fromEntries(headers)).toMatchObject({
        ...{ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' },
        'cross-origin-opener-policy': 'same-origin-allow-popups',
        'permissions-policy': expect.stringContaining('camera=()'),
      })
    }
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(page).not.toMatch(/\son\w+=|javascript:/)
  })

  test('is how people sign in here', async () => {
    const { json, headers } = await get('/console/config.json')
    expect(json.oidc).toMatchObject({ issuer: oidc.CONSOLE_OIDC_ISSUER, clientId: 'console' })
    const scopes = ['guests', 'reservations', 'rooms'].flatMap((each) => [`${each}.read`, `${each}.write`])
    expect(json.oidc.scopes.split(' ').sort()).toEqual([...scopes, 'openid'].sort())
    expect(json.version).toMatch(/^[\w-]{8}$/)
    expect(headers.get('cache-control')).toBe('no-cache')
  })
})
