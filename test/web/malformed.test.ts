import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { framed } from '../edge/raw-grpc.ts'
import { callsAt } from '../edge/raw-http.ts'
import { fuzzSettings } from '../fuzz/fuzz-settings.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { randomFrom } from '../support/random.ts'

const LIST = 'hotel.rooms.v1.RoomService/ListRooms'
const WATCH = 'hotel.rooms.v1.RoomService/WatchRooms'
const paths = [
  ...[LIST, WATCH, 'hotel.reservations.v1.ReservationService/UpdateReservation', 'grpc.health.v1.Health/Check'],
  ...['grpc.reflection.v1.ServerReflection/ServerReflectionInfo', 'no.such.Service/Method', 'rooms'],
]
const GRPC_WEB = ['application/grpc-web', 'application/grpc-web+proto']
const TEXT = ['application/grpc-web-text', 'application/grpc-web-text+proto']
const [CONNECT, CONNECT_STREAM] = ['application/proto', 'application/connect+proto']

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Sends what no client would; gives the status of HTTP and of gRPC, the latter as it is found in the answer. */
async function send(path: string, type: string, body: Buffer, more: Record<string, string> = {}, method = 'POST') {
  const headers = { authorization: `Bearer ${suite.testerToken}`, 'content-type': type, ...more }
  const answer = await fetch(`http://${suite.gateway.address}/${path}`, {
    method,
    headers,
    body: Uint8Array.from(body),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const isText = answer.headers.get('content-type')?.startsWith('application/grpc-web-text')
  const text = isText ? Buffer.from(bytes.toString('latin1'), 'base64').toString('latin1') : bytes.toString('latin1')
  const find = (pattern: RegExp) => pattern.exec(text)?.[1]
  return {
    status: answer.status,
    code: answer.headers.get('grpc-status') ?? find(/grpc-status:(\d+)/) ?? find(/"code":"?(\w+)/) ?? '0',
    message: answer.headers.get('grpc-message') ?? find(/grpc-message:([^\r]*)/) ?? find(/"message":"([^"]*)/) ?? '',
  }
}

const message = framed(Buffer.alloc(0))
const bodies: readonly [name: string, body: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('what is no frame of a message')],
  ['a head that is cut off', message.subarray(0, 3)],
  ['a message that is cut off', Buffer.concat([framed(100), Buffer.from([1, 2])])],
  ['two messages', Buffer.concat([message, message])],
  ['a message and a byte', Buffer.concat([message, Buffer.from([7])])],
  ['a message and trailers', Buffer.concat([message, Buffer.from([0x80, 0, 0, 0, 3, 0x61, 0x3a, 0x62])])],
  ['the end of a stream', Buffer.from([2, 0, 0, 0, 2, 0x7b, 0x7d])],
  ['a message that is said to be compressed', Buffer.from([1, 0, 0, 0, 3, 1, 2, 3])],
  ['the head of four gigabytes', Buffer.alloc(5, 0xff)],
  ['base64 of another length', Buffer.from('AAAAAAA')],
  ['what is no base64', Buffer.from('****')],
  ['base64 that ends as none', Buffer.from('AAAAAAA=****')],
]

/** What is a fault of the suite, in numbers and in words. */
const faults = ['2', '13', '15', 'unknown', 'internal', 'data_loss']

describe.each([...GRPC_WEB, ...TEXT, CONNECT, CONNECT_STREAM])('a body of %s that is none', (type) => {
  test.each(bodies)('as %s, is no fault of the suite', async (_name, body) => {
    for (const path of paths) {
      const { status, code } = await send(path, type, body)
      expect([path, status, status < 500, faults.includes(code)]).toEqual([path, status, true, false])
    }
  })

  test('as what comes by chance, neither', async () => {
    const { seed, examples } = fuzzSettings()
    const random = randomFrom(seed)
    for (let count = 0; count < 4 * examples; count += 1) {
      const bytes = Buffer.from(Array.from({ length: random() * 300 }, () => random() * 256))
      const body = random() < 0.5 ? bytes : Buffer.concat([framed(bytes.length), bytes])
      const path = paths[count % paths.length] ?? LIST
      const { status, code } = await send(path, type, TEXT.includes(type) ? Buffer.from(body.toString('base64')) : body)
      expect([path, status < 500, faults.includes(code), body.toString('hex')]).toEqual([
        path,
        true,
        false,
        expect.anything(),
      ])
    }
  })
})

describe('what is said of a call in its headers', () => {
  test.each([
    ['application/grpc-web+json', {}, '3', 'application/grpc-web+proto'],
    ['application/grpc-web+thrift', {}, '3', 'application/grpc-web+proto'],
    ['application/grpc-web+proto', { 'content-encoding': 'gzip' }, '3', 'content-encoding'],
    ['application/json', { 'connect-protocol-version': '1' }, 'invalid_argument', 'useBinaryFormat'],
    ['application/connect+json', {}, 'invalid_argument', 'useBinaryFormat'],
    [
      'application/proto',
      { 'connect-protocol-version': '2' },
      'invalid_argument',
      'connect-protocol-version must be 1',
    ],
    ['application/proto', { 'content-encoding': 'gzip' }, 'invalid_argument', 'content-encoding'],
    ['application/proto', { 'connect-timeout-ms': 'soon' }, 'invalid_argument', 'connect-timeout-ms'],
    ['application/proto', { 'connect-timeout-ms': '-1' }, 'invalid_argument', 'connect-timeout-ms'],
    ['application/proto', { 'connect-timeout-ms': '12345678901' }, 'invalid_argument', 'connect-timeout-ms'],
    ['application/connect+proto', {}, 'invalid_argument', 'application/proto'],
  ])('%s with %j is refused by its name', async (type, headers, code, named) => {
    const calls = await callsAt(suite)
    const answer = await send(LIST, type, Buffer.alloc(0), headers as Record<string, string>)
    expect(answer).toEqual({
      status: code === '3' || type.includes('connect+') ? 200 : 400,
      code,
      message: answer.message,
    })
    expect(answer.message).toContain(named)
    expect(await callsAt(suite)).toBe(calls)
  })

  test('a stream as one message, which would have no end, is refused', async () => {
    const answer = await send(WATCH, CONNECT, Buffer.alloc(0))
    expect(answer).toMatchObject({ status: 400, code: 'invalid_argument' })
    expect(answer.message).toContain('application/connect+proto')
  })

  test.each([
    ['application/proto', {}],
    ['Application/Proto; charset=utf-8', {}],
    ['application/proto', { 'connect-protocol-version': '1', 'grpc-timeout': 'soon' }],
    ['APPLICATION/GRPC-WEB+PROTO', {}],
    ['application/grpc-web ; x=y', {}],
  ])('%s with %j is taken', async (type, headers) => {
    const body = type.startsWith('application/proto') || type.startsWith('Application') ? Buffer.alloc(0) : message
    expect(await send(LIST, type, body, headers as Record<string, string>)).toMatchObject({ status: 200, code: '0' })
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'])('a call by %s leads to no service', async (method) => {
    const calls = await callsAt(suite)
    for (const type of [...GRPC_WEB, ...TEXT, CONNECT, CONNECT_STREAM]) {
      const { status, code } = await send(type === CONNECT_STREAM ? WATCH : LIST, type, message, {}, method)
      expect([type, status < 500, ['12', 'unimplemented', '5'].includes(code)]).toEqual([type, true, true])
    }
    expect(await callsAt(suite)).toBe(calls)
  })
})
