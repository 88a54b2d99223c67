import { connect } from 'node:http2'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { callsAt, open, readAll } from '../edge/raw-http.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

const desk = 'https://desk.hotel.example'
const local = 'http://localhost:5173'
const call = '/hotel.rooms.v1.RoomService/ListRooms'
let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ corsOrigins: [desk, local], requestsPerSecond: 50 })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** What a browser goes by: Node's fetch lets nobody set an origin to what it is not. */
async function ask(line: string, headers: Record<string, string>) {
  const socket = open(suite.gateway.address)
  const given = Object.entries({ host: 'hotel', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.write(`${[`${line} HTTP/1.1`, ...given].join('\r\n')}\r\n\r\n`)
  const [head = ''] = (await readAll(socket)).split('\r\n\r\n')
  const [first = '', ...rest] = head.split('\r\n')
  const fields = Object.fromEntries(rest.map((each) => each.split(/: (.*)/).slice(0, 2)))
  return { status: Number(first.split(' ')[1]), headers: fields as Record<string, string> }
}
const allowed = 'access-control-allow-origin'
const words = (text = '') => text.split(/, ?/)
const bearer = () => ({ authorization: `Bearer ${suite.testerToken}` })
const preflight = (origin: string) => ({ origin, 'access-control-request-method': 'PATCH' })

test('a preflight of an origin that is named is answered, without a token and a service', async () => {
  const calls = await callsAt(suite)
  for (const path of ['/guests', '/guests/01900000-0000-7000-8000-000000000000', '/rooms:watch', '/', '/nothing', call])
    for (const origin of [desk, local]) {
      const { status, headers } = await ask(`OPTIONS ${path}`, preflight(origin))
      expect([path, status, headers[allowed]]).toEqual([path, 204, origin])
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
      expect(words(headers['access-control-allow-methods'])).toEqual(expect.arrayContaining(methods))
      const sent = ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'last-event-id']
      const ofCalls = ['x-grpc-web', 'x-user-agent', 'grpc-timeout', 'connect-protocol-version', 'connect-timeout-ms']
      expect(words(headers['access-control-allow-headers'])).toEqual(expect.arrayContaining([...sent, ...ofCalls]))
      expect(headers['access-control-allow-credentials']).toBeUndefined()
      expect(words(headers.vary)).toContain('origin')
    }
  expect(await callsAt(suite)).toBe(calls)
})

test('every answer can be read by its pages, refusals and streams too', async () => {
  const answers: [line: string, status: number, more?: Record<string, string>][] = [
    ['GET /rooms', 200, bearer()],
    ['GET /rooms', 401],
    ['GET /rooms?x=1', 400, bearer()],
    ['PATCH /rooms', 405, bearer()],
    ['GET /nothing', 404, bearer()],
    ['GET /rooms', 400, { ...bearer(), client_version: '1' }],
    ['GET /openapi.json', 200],
    ['GET /healthz', 200],
    ['HEAD /rooms', 200, bearer()],
    // Of a call of gRPC the status is in the headers, or in the body.
    [`POST ${call}`, 200, { ...bearer(), 'content-type': 'application/grpc-web+proto' }],
    [`POST ${call}`, 200, { 'content-type': 'application/grpc-web+proto' }],
    [`POST ${call}`, 200, { ...bearer(), 'content-type': 'application/proto' }],
    [`POST ${call}`, 401, { 'content-type': 'application/proto' }],
    [`POST ${call}`, 404, { ...bearer(), 'content-type': 'application/json' }],
    [`GET ${call}?connect=v1`, 405],
  ]
  for (const [line, expected, more = {}] of answers) {
    const { status, headers } = await ask(line, { origin: desk, ...more })
    expect([line, status, headers[allowed]]).toEqual([line, expected, desk])
    const read = ['etag', 'location', 'retry-after', 'x-request-id', 'x-ratelimit-limit', 'idempotent-replayed']
    read.push('grpc-status', 'grpc-message', 'grpc-status-details-bin')
    expect(words(headers['access-control-expose-headers'])).toEqual(expect.arrayContaining(read))
  }
  const limited = await Promise.all(Array.from({ length: 80 }, () => ask('GET /rooms', { origin: desk, ...bearer() })))
  const refused = limited.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every(({ headers }) => headers[allowed] === desk && headers['retry-after'] !== undefined)).toBe(true)
})

test.each([
  'https://elsewhere.example',
  'http://desk.hotel.example',
  `${desk}:8443`,
  `${desk}.elsewhere.example`,
  `${desk}, ${local}`,
  'HTTPS://DESK.HOTEL.EXAMPLE',
  'null',
  '*',
  '',
])('no page of "%s" is told that it may', async (origin) => {
  for (const [line, more] of [
    ['OPTIONS /guests', preflight(origin)],
    ['GET /openapi.json', { origin }],
  ] as const) {
    const { status, headers } = await ask(line, more)
    expect([status < 300, Object.keys(headers).filter((name) => name.startsWith('access-control'))]).toEqual([true, []])
    // What is stored on the way is no answer for another origin.
    expect(words(headers.vary)).toContain('origin')
  }
})

test('a call of gRPC that looks like a preflight is none', async () => {
  const session = connect(`http://${suite.gateway.address}`)
  const stream = session.request({
    ...{ ':method': 'OPTIONS', ':path': '/hotel.rooms.v1.RoomService/ListRooms', te: 'trailers' },
    ...{ 'content-type': 'application/grpc', ...preflight(desk) },
  })
  stream.end()
  const status = await new Promise((resolve) => stream.once('response', (headers) => resolve(headers['grpc-status'])))
  session.destroy()
  expect(status).toBe('16')
})

test('without the setting there is no word of it', async () => {
  await using plain = await sharedSuite()
  const answer = await plain.rest('GET', '/', { headers: { origin: desk } })
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})
