import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { callsAt, statusesOf } from './raw-http.ts'

let suite: Suite
let room: string
beforeAll(async () => {
  suite = await sharedSuite()
  room = (await suite.rooms.createRoom({ number: '101' })).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const HEALTHY = 200
const get = (path: string, token?: string) => {
  const bearer = token === undefined ? '' : `authorization: Bearer ${token}\r\n`
  return statusesOf(suite.gateway.address, `GET ${path} HTTP/1.1\r\nhost: hotel\r\n${bearer}\r\n`)
}

/** Other spellings of /rooms: each is turned into the one spelling before anything is decided by it. */
const sames = [
  '/rooms/../rooms',
  '/%2e%2e/rooms',
  '/guests/%2E%2e/rooms',
  '/guests/.%2e/rooms',
  '/guests/..;/rooms',
  '//rooms',
  '/rooms//',
  '/./rooms',
  '/rooms\\',
  '\\rooms'.replace('\\', '/\\'),
  '/r%6foms',
  '/rooms?',
  '/healthz/../rooms',
  '/openapi.json/../rooms',
  '/openapi.json/%2e%2e/rooms',
  '/grpc.health.v1.Health/../rooms',
  '/grpc.reflection.v1.ServerReflection/%2e./rooms',
  'http://elsewhere/rooms',
  'http://elsewhere/healthz/../rooms',
]

test('other spellings of /rooms are for nobody without a token, by whatever other path they go, and mean /rooms', async () => {
  const calls = await callsAt(suite)
  const answers = (token?: string) => Promise.all(sames.map(async (path) => [path, await get(path, token)]))
  expect(await answers()).toEqual(sames.map((path) => [path, [401, HEALTHY]]))
  expect(await callsAt(suite)).toBe(calls)
  expect(await answers(suite.testerToken)).toEqual(sames.map((path) => [path, [200, HEALTHY]]))
  expect((await callsAt(suite)) - calls).toBe(sames.length)
})

/** What is no path of the API, for one who may do everything; nothing that is not of ASCII is well-formed. */
const nothing: Readonly<Record<number, readonly string[]>> = {
  400: [
    ...['/rooms%2f', '/rooms%5c', '/rooms%2F..%2Fguests', '/guests/..%2frooms', '/healthz%2f..%2frooms'],
    ...['/rooms%00', '/%00/rooms', '/rooms#guests', '/r\u00f8\u00f8ms', '/\u0440ooms'],
  ],
  404: [
    ...['/ROOMS', '/Rooms', '/rooms;x=1', '/rooms/%zz', '/rooms/%', '/rooms%20', '/rooms%0a', '/rooms%0d%0ax:%20y'],
    ...['/rooms%23', '/rooms%3fa=b'],
    // Overlong, full-width, long s, right to left: what some take for these letters.
    ...['/%c0%ae%c0%ae/rooms', '/%ef%bc%8frooms', '/room%c5%bf', '/rooms%e2%80%ae'],
    ...['/../../../../etc/passwd', '/.git/config', '/.env', '/admin', '/stats', '/metrics', '/keys/jwks.json'],
    ...['/hotel.rooms.v1.RoomService/ListRooms', '/x/../hotel.feed.v1.FeedService/Follow'],
  ],
}

test.each(Object.entries(nothing))('what is nothing is %s, and reaches no service', async (status, paths) => {
  const calls = await callsAt(suite)
  const bytes = paths.map((path) => Buffer.from(path).toString('latin1'))
  const answers = bytes.map(async (path) => {
    const [answer] = await get(path, suite.testerToken)
    const [withQuery] = await get(path.replace(/(?=#|$)/, '?page_size=1'), suite.testerToken)
    const [anonymous = 0] = await get(path)
    return [path, answer, withQuery, [400, 401].includes(anonymous)]
  })
  expect(await Promise.all(answers)).toEqual(bytes.map((path) => [path, Number(status), Number(status), true]))
  expect(await callsAt(suite)).toBe(calls)
})

test('an id has one spelling, and what is encoded in it is the same id', async () => {
  const spelled = (...ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => [id, await get(`/rooms/${id}`, suite.testerToken)]))
  const same = [room, room.replace('0', '%30')]
  expect(await spelled(...same)).toEqual(same.map((id) => [id, [200, HEALTHY]]))
  const calls = await callsAt(suite)
  const others = [room.toUpperCase(), `{${room}}`, room.replaceAll('-', ''), `${room}%20`, `${room};a`, `${room}%0a`]
  expect(await spelled(...others)).toEqual(others.map((id) => [id, [404, HEALTHY]]))
  expect(await callsAt(suite)).toBe(calls)
})

test('a header that the gateway or the services believe is not believed of a client', async () => {
  const calls = await callsAt(suite)
  for (const name of [
    'x-envoy-original-path',
    'x-original-url',
    'x-rewrite-url',
    'x-forwarded-host',
    'x-http-method-override',
  ])
    expect((await suite.rest('GET', '/healthz', { token: undefined, headers: { [name]: '/rooms' } })).text).toBe('')
  expect(await callsAt(suite)).toBe(calls)
  const { headers } = await suite.rest('GET', '/rooms', {
    headers: { 'x-envoy-retry-on': '5xx', 'x-http-code': '201' },
  })
  expect([...headers.keys()].filter((name) => /^(server|via|x-envoy|x-powered|grpc)/.test(name))).toEqual([])
})
