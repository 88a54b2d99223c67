import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Clients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { callsAt, gatewayCount, gatewayMemory, open, readAll, statusesOf } from './raw-http.ts'
import { END_HEADERS, END_STREAM, frame, type Header, headerBlock, openHttp2 } from './raw-http2.ts'

const PER_SECOND = 5
const MOST_CONNECTIONS = 200

let suite: Suite
/** How each of the connections was answered that only drip, which takes as long as the gateway waits. */
let dripping: {
  readonly head: Promise<string>[]
  readonly body: Promise<string>[]
  readonly streams: Promise<string>[]
}
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: PER_SECOND, maxConnections: MOST_CONNECTIONS })
  attacker = await suite.token({ subject: 'mallory', tier: 'internal' })
  wellBehaved = suite.clientsWith(await suite.token({ subject: 'ada', tier: 'internal' })).gateway
  // From here on it has its connection.
  await wellBehaved.guests.listGuests({})
  const several = <T>(make: () => T) => Array.from({ length: 10 }, make)
  dripping = {
    head: several(() => drip('GET /rooms HTTP/1.1\r\nx-a: ', 'a')),
    body: several(() => drip(`POST /rooms HTTP/1.1\r\n${head()}content-length: 60000\r\n\r\n{`, ' ')),
    streams: several(dripStream),
  }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** With as many requests a second as there may be, so that no limit of requests helps against it. */
let attacker: string
let wellBehaved: Clients
const head = () => `host: hotel\r\nauthorization: Bearer ${attacker}\r\ncontent-type: application/json\r\n`
const request = (method: string, token = attacker): Header[] => [
  [':method', method],
  [':scheme', 'http'],
  [':authority', 'hotel'],
  [':path', '/rooms'],
  ['authorization', `Bearer ${token}`],
  ['content-type', 'application/json'],
]

/** Says the beginning, then one more character five times a second; gives what it is answered until it is closed. */
async function drip(beginning: string, more: string): Promise<string> {
  const socket = open(suite.gateway.address)
  socket.write(beginning)
  const timer = setInterval(() => socket.writable && socket.write(more), 200)
  return readAll(socket, 60_000).finally(() => clearInterval(timer))
}

async function dripStream(): Promise<string> {
  using connection = openHttp2(suite.gateway.address)
  connection.send(frame('headers', END_HEADERS, 1, headerBlock(request('POST'))))
  const timer = setInterval(() => connection.send(frame('data', 0, 1, Buffer.from(' '))), 200)
  return connection.ended(1).finally(() => clearInterval(timer))
}

/** Has a client of good manners call another service all the while; each of its calls is answered. */
async function withoutHarm(attack: () => Promise<void>): Promise<void> {
  let isOver = false
  const calling = (async () => {
    let calls = 0
    for (; !isOver || calls < 5; calls += 1) await wellBehaved.guests.listGuests({})
  })()
  // A failure of the client counts at once; the attack alone could take long.
  await Promise.all([attack().finally(() => (isOver = true)), calling])
  expect(await gatewayMemory(suite)).toBeLessThan(128 * 1024 * 1024)
}

/** What a limit of so many a second lets through, at the most, since then. */
const allowedSince = (began: number) => PER_SECOND * (1 + (performance.now() - began) / 1_000)

test('connections over the limit are closed as they come; who is in goes on, and others come in when these are gone', async () => {
  await withoutHarm(async () => {
    const sockets = Array.from({ length: MOST_CONNECTIONS + 50 }, () => open(suite.gateway.address))
    await eventually(async () => expect(sockets.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(50))
    expect(sockets.filter(({ closed }) => closed).length).toBeLessThan(150)
    for (const socket of sockets) socket.destroy()
  })
  await eventually(async () => expect(await statusesOf(suite.gateway.address, '')).toEqual([200]))
})

test('of the streams of a connection a hundred are open at once, and the rest refused', async () => {
  await withoutHarm(async () => {
    using connection = openHttp2(suite.gateway.address)
    for (let stream = 1; stream < 2_000; stream += 2)
      connection.send(frame('headers', END_HEADERS, stream, headerBlock(request('POST'))))
    await eventually(async () => expect(connection.endedStreams.size).toBeGreaterThanOrEqual(900))
  })
})

test('a connection that resets what it asks is closed, and no more of it reaches a service than the limit lets through', async () => {
  await withoutHarm(async () => {
    const [calls, began] = [await callsAt(suite, ['rooms']), performance.now()]
    for (let round = 0; round < 5; round += 1) {
      using connection = openHttp2(suite.gateway.address)
      for (let stream = 1; stream < 2_000; stream += 2) {
        const asked = frame('headers', END_HEADERS | END_STREAM, stream, headerBlock(request('GET', suite.testerToken)))
        connection.send(asked, frame('reset', 0, stream, Buffer.from([0, 0, 0, 8])))
      }
      expect(await connection.ended()).toBe('closed')
    }
    expect((await callsAt(suite, ['rooms'])) - calls).toBeLessThanOrEqual(allowedSince(began))
  })
})

const many = (count: number, one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one))
const asked = (flags: number) => frame('headers', flags, 1, headerBlock(request('POST')))

test.each([
  [
    'headers without an end',
    () => [asked(0), many(1_000, frame('continuation', 0, 1, headerBlock([['x-a', 'a'.repeat(9_000)]])))],
  ],
  ['headers without an end, and without content', () => [asked(0), many(100_000, frame('continuation', 0, 1))]],
  ['pings', () => [many(100_000, frame('ping', 0, 0, Buffer.alloc(8)))]],
  ['settings', () => [many(100_000, frame('settings', 0, 0))]],
  ['priorities', () => [asked(END_HEADERS), many(10_000, frame('priority', 0, 1, Buffer.alloc(5)))]],
  ['windows', () => [asked(END_HEADERS), many(10_000, frame('window', 0, 1, Buffer.from([0, 0, 0, 1])))]],
  ['data without content', () => [asked(END_HEADERS), many(10_000, frame('data', 0, 1))]],
])('a connection that floods with %s is closed, and no service hears of it', async (_name, frames) => {
  const calls = await callsAt(suite, ['rooms'])
  await withoutHarm(async () => {
    using connection = openHttp2(suite.gateway.address)
    connection.send(...frames())
    expect(await connection.ended()).toBe('closed')
  })
  expect(await callsAt(suite, ['rooms'])).toBe(calls)
})

test('a body without an end is refused at 64 KiB, however it comes', async () => {
  const calls = await callsAt(suite, ['rooms'])
  await withoutHarm(async () => {
    const socket = open(suite.gateway.address)
    socket.write(`POST /rooms HTTP/1.1\r\n${head()}transfer-encoding: chunked\r\n\r\n`)
    socket.write(many(1_000, Buffer.from(`2710\r\n${' '.repeat(10_000)}\r\n`)))
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 413 /)
  })
  expect(await callsAt(suite, ['rooms'])).toBe(calls)
})

test('what only drips is ended, head or body, on a connection or a stream, and reaches no service', async () => {
  for (const answers of [dripping.head, dripping.body])
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  // Each has its end once this resolves: it is no matter which.
  await Promise.all(dripping.streams)
  await eventually(async () => expect(await gatewayCount(suite, 'http.hotel.downstream_rq_active')).toBe(0))
  await wellBehaved.guests.listGuests({})
})
