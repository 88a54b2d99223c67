import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { callsAt, statusesOf } from './raw-http.ts'

let suite: Suite
/** What each request begins with besides its first line: its caller may do everything. */
let head: string
beforeAll(async () => {
  suite = await sharedSuite()
  head = `host: hotel\r\nauthorization: Bearer ${suite.testerToken}\r\n`
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A request for the list of rooms: within the bytes of another, it may never be one. */
const inner = () => `GET /rooms HTTP/1.1\r\n${head}\r\n`
const post = (headers: string, body: string) => () =>
  `POST /rooms HTTP/1.1\r\n${head}content-type: application/json\r\n${headers}\r\n${body}`
const get = (line: string, headers = '') => `${line}\r\n${head}${headers}\r\n`
const smuggles = (headers: string, before = '0\r\n\r\n') => {
  const request = post(headers, before)
  return () => `${request()}${inner()}`
}
const chunked = 'transfer-encoding: chunked\r\n'

/** Requests of which another may read an end elsewhere. The connection is closed after the refusal: nothing after it counts. */
const refused: readonly [name: string, status: number, bytes: () => string][] = [
  ['a length and chunks (CL.TE)', 400, smuggles(`content-length: 500\r\n${chunked}`)],
  ['chunks and a length (TE.CL)', 400, smuggles(`${chunked}content-length: 4\r\n`)],
  ['an encoding that is nearly chunked', 501, smuggles('transfer-encoding: xchunked\r\n')],
  ['chunked, and another encoding', 501, smuggles('transfer-encoding: chunked, identity\r\n')],
  ['two encodings (TE.TE)', 501, smuggles(`${chunked}transfer-encoding: x\r\n`)],
  ['a space before the colon', 400, smuggles('transfer-encoding : chunked\r\ncontent-length: 5\r\n')],
  ['a tab before the encoding', 400, smuggles('transfer-encoding:\tchunked\r\ncontent-length: 5\r\n')],
  ['an encoding on a line of its own', 400, smuggles('transfer-encoding:\r\n chunked\r\ncontent-length: 5\r\n')],
  ['a length twice', 400, smuggles('content-length: 5\r\ncontent-length: 5\r\n')],
  ['two lengths', 400, smuggles('content-length: 0\r\ncontent-length: 5\r\n')],
  ['a list of lengths', 400, smuggles('content-length: 5, 5\r\n')],
  ['a length with a sign', 400, smuggles('content-length: +5\r\n')],
  ['a negative length', 400, smuggles('content-length: -1\r\n')],
  ['a hexadecimal length', 400, smuggles('content-length: 0x5\r\n')],
  ['a length beyond all numbers', 400, smuggles('content-length: 99999999999999999999\r\n')],
  ['a chunk with a prefix', 400, smuggles(chunked, '0x1\r\n{\r\n0\r\n\r\n')],
  ['a chunk beyond all numbers', 400, smuggles(chunked, '10000000000000001\r\n{\r\n0\r\n\r\n')],
  ['chunks that end with LF', 400, smuggles(chunked, '2\n{}\n0\n\n')],
  ["a chunk's extension that ends with LF", 400, smuggles(chunked, '2;a\n{}\r\n0\r\n\r\n')],
  ['a chunk that is longer than it says', 400, smuggles(chunked, '1\r\n{}\r\n0\r\n\r\n')],
  ['chunks in HTTP/1.0', 426, () => smuggles(chunked)().replace('HTTP/1.1', 'HTTP/1.0')],
  ['no version', 426, () => get('GET /rooms')],
  ['a version that does not exist', 426, () => get('GET /rooms HTTP/1.2')],
  ['two versions', 400, () => get('GET /rooms HTTP/1.1 HTTP/1.1')],
  ['no host', 400, () => get('GET /rooms HTTP/1.1').replace('host: hotel\r\n', '')],
  ['two hosts', 400, () => get('GET /rooms HTTP/1.1', 'host: other\r\n')],
  ['a host with a user', 400, () => get('GET /rooms HTTP/1.1').replace('host: hotel', 'host: ada@hotel')],
  ['a request in the body of a POST', 400, () => post(lengthOf(inner()), inner())()],
  ['a host with a space', 400, () => get('GET /rooms HTTP/1.1').replace('host: hotel', 'host: hotel rooms')],
  ['a header without a colon', 400, () => get('GET /rooms HTTP/1.1', 'nonsense\r\n')],
  ['a header without a name', 400, () => get('GET /rooms HTTP/1.1', ': x\r\n')],
  ['a header with a NUL', 400, () => get('GET /rooms HTTP/1.1', 'x-a: b\0c\r\n')],
  ['a header with an underscore', 400, () => get('GET /rooms HTTP/1.1', 'content_length: 5\r\n')],
  ['an encoding with an underscore', 400, smuggles('transfer_encoding: chunked\r\ncontent-length: 5\r\n')],
  ['over 60 KiB of headers', 431, () => get('GET /rooms HTTP/1.1', `x-a: ${'a'.repeat(61 * 1024)}\r\n`)],
  ['over 100 headers', 431, () => get('GET /rooms HTTP/1.1', 'x-a: b\r\n'.repeat(100))],
  ['a body over 64 KiB', 413, post(`content-length: ${70_000 + 1}\r\n`, `${' '.repeat(70_000)}x`)],
  ['another protocol', 400, () => get('GET /rooms HTTP/1.1', 'connection: upgrade\r\nupgrade: websocket\r\n')],
  ['a tunnel', 404, () => get('CONNECT 127.0.0.1:50051 HTTP/1.1')],
  ['an address that is none of the web', 400, () => get('GET file:///etc/passwd HTTP/1.1')],
]

test('what may have two readings is refused, and nothing of it reaches a service', async () => {
  const calls = await callsAt(suite)
  const answers = refused.map(async ([name, , bytes]) => [name, await statusesOf(suite.gateway.address, bytes())])
  expect(await Promise.all(answers)).toEqual(refused.map(([name, status]) => [name, [status]]))
  expect(await callsAt(suite)).toBe(calls)
})

/** Of the request that comes after the bytes. */
const NEXT = 200

/** What HTTP lets a server read leniently, or ignore, is one request, and never two. */
const one: readonly [name: string, status: number, calls: number, bytes: () => string][] = [
  ['a request in the body of a GET', 415, 0, () => `${get('GET /rooms HTTP/1.1', lengthOf(inner()))}${inner()}`],
  [
    'its token named as of the connection only',
    401,
    0,
    () => get('GET /rooms HTTP/1.1', 'connection: authorization\r\n'),
  ],
  ['lines that end with LF', 200, 1, () => get('GET /rooms HTTP/1.1').replaceAll('\r\n', '\n')],
  ['a folded header', 200, 1, () => get('GET /rooms HTTP/1.1', 'x-a: b\r\n c\r\n')],
  ['a lone CR in a header', 200, 1, () => get('GET /rooms HTTP/1.1', `x-a: b\r${chunked}`)],
  ['the whole address', 200, 1, () => get('GET http://hotel/rooms HTTP/1.1')],
  ['HTTP/2 asked for', 200, 1, () => get('GET /rooms HTTP/1.1', 'connection: upgrade\r\nupgrade: h2c\r\n')],
  ['an extension of a chunk', 400, 1, post(chunked, '2;a=b\r\n{}\r\n0\r\n\r\n')],
  ['trailers', 400, 1, post(chunked, `2\r\n{}\r\n0\r\nauthorization: x\r\ncontent-length: 5\r\n\r\n`)],
]
const lengthOf = (body: string) => `content-length: ${body.length}\r\n`

test('what HTTP lets a server read leniently is one request, with one answer', async () => {
  const calls = await callsAt(suite)
  const answers = one.map(async ([name, , , bytes]) => [name, await statusesOf(suite.gateway.address, bytes())])
  expect(await Promise.all(answers)).toEqual(one.map(([name, status]) => [name, [status, NEXT]]))
  expect((await callsAt(suite)) - calls).toBe(one.reduce((sum, [, , count]) => sum + count, 0))
})

test('what is sent one after the other is answered one after the other', async () => {
  const calls = await callsAt(suite)
  expect(await statusesOf(suite.gateway.address, inner().repeat(3))).toEqual([200, 200, 200, NEXT])
  expect((await callsAt(suite)) - calls).toBe(3)
})
