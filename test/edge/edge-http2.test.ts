import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { callsAt } from './raw-http.ts'
import { END_HEADERS, END_STREAM, frame, type Header, headerBlock, openHttp2 } from './raw-http2.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A request for the list of rooms by who may do everything, with some headers differently or besides. */
function request(different: Readonly<Record<string, string | undefined>> = {}, more: readonly Header[] = []): Header[] {
  const usual = {
    ':method': 'GET',
    ':scheme': 'http',
    ':authority': 'hotel',
    ':path': '/rooms',
    authorization: `Bearer ${suite.testerToken}`,
  }
  const headers = Object.entries({ ...usual, ...different })
  return [...headers.flatMap(([name, value]): Header[] => (value === undefined ? [] : [[name, value]])), ...more]
}
const whole = (headers: readonly Header[]) => [frame('headers', END_HEADERS | END_STREAM, 1, headerBlock(headers))]
const changed = (different: Record<string, string | undefined>) => () => whole(request(different))
const besides =
  (...more: readonly Header[]) =>
  () =>
    whole(request({}, more))
/** Before all other headers, as pseudo-headers must stand. */
const first =
  (...more: readonly Header[]) =>
  () =>
    whole([...more, ...request()])
const posted =
  (body: string, ...more: readonly Header[]) =>
  () => {
    const headers = request({ ':method': 'POST' }, [['content-type', 'application/json'], ...more])
    return [frame('headers', END_HEADERS, 1, headerBlock(headers)), frame('data', END_STREAM, 1, Buffer.from(body))]
  }
const inner = '0\r\n\r\nGET /rooms HTTP/1.1\r\nhost: hotel\r\n\r\n'
const number = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What would be something else as HTTP/1.1, or breaks the rules of HTTP/2. */
const refused: readonly [name: string, frames: () => Buffer[]][] = [
  ['a length that is too small', posted('{"number": "1"}', ['content-length', '4'])],
  ['a length that is too large', posted('{"number": "1"}', ['content-length', '400'])],
  ['a length of nothing, and a request in the body', posted(inner, ['content-length', '0'])],
  ['two lengths', posted('{}', ['content-length', '2'], ['content-length', '1'])],
  ['chunks', posted(inner, ['transfer-encoding', 'chunked'])],
  ['a header of the connection', besides(['connection', 'keep-alive'])],
  ['another protocol', besides(['upgrade', 'h2c'])],
  ['te of anything but trailers', besides(['te', 'gzip'])],
  ['CRLF in a value', besides(['x-a', 'b\r\ntransfer-encoding: chunked'])],
  ['LF in a value', besides(['x-a', 'b\nc: d'])],
  ['NUL in a value', besides(['x-a', 'b\0c'])],
  ['CRLF in a name', besides(['x-a: b\r\nc', 'd'])],
  ['an upper-case name', besides(['X-A', 'b'])],
  ['a name with a space', besides(['x a', 'b'])],
  ['a name with a colon', besides(['x:a', 'b'])],
  ['an empty name', besides(['', 'b'])],
  ['a path with a space', changed({ ':path': '/rooms HTTP/1.1' })],
  ['a path with CRLF', changed({ ':path': '/rooms HTTP/1.1\r\nhost: x\r\n\r\nGET /guests' })],
  ['an empty path', changed({ ':path': '' })],
  ['no path', changed({ ':path': undefined })],
  ['a path without a slash', changed({ ':path': 'rooms' })],
  ['a whole address for a path', changed({ ':path': 'http://hotel/rooms' })],
  ['a method with a space', changed({ ':method': 'GET /guests HTTP/1.1\r\n\r\nGET' })],
  ['an empty method', changed({ ':method': '' })],
  ['CRLF in the authority', changed({ ':authority': 'hotel\r\nx-a: b' })],
  ['a user in the authority', changed({ ':authority': 'ada@hotel' })],
  ['an address for a scheme', changed({ ':scheme': 'http://hotel/' })],
  ['two paths', first([':path', '/guests'])],
  ['two methods', first([':method', 'POST'])],
  ['a pseudo-header that does not exist', first([':x', 'y'])],
  ['a pseudo-header of answers', first([':status', '200'])],
  ['a pseudo-header after others', besides([':path', '/guests'])],
  ['a tunnel', changed({ ':method': 'CONNECT', ':path': undefined, ':scheme': undefined })],
  ['a tunnel for another protocol', () => whole([[':protocol', 'websocket'], ...request({ ':method': 'CONNECT' })])],
  ['a pseudo-header in trailers', () => [...posted('{}')().slice(0, 1), ...whole([[':path', '/rooms']])]],
  ['over 100 headers', besides(...Array.from({ length: 101 }, (_, index): Header => [`x-${index}`, 'a']))],
  ['over 100 crumbs of a cookie', besides(...Array.from({ length: 101 }, (): Header => ['cookie', 'a=b']))],
  [
    'a small block that unpacks to over 60 KiB (HPACK bomb)',
    () => {
      const stored = Buffer.concat([Buffer.from([0x40]), headerBlock([['x-a', 'a'.repeat(3_000)]]).subarray(1)])
      const block = Buffer.concat([headerBlock(request()), stored, Buffer.alloc(12_000, 0xbe)])
      return [frame('headers', END_HEADERS | END_STREAM, 1, block)]
    },
  ],
  ['a block that is none', () => [frame('headers', END_HEADERS | END_STREAM, 1, Buffer.alloc(6, 0xff))]],
  ['headers of no stream', () => [frame('headers', END_HEADERS | END_STREAM, 0, headerBlock(request()))]],
  ["headers of a server's stream", () => [frame('headers', END_HEADERS | END_STREAM, 2, headerBlock(request()))]],
  ['a body without headers', () => [frame('data', END_STREAM, 1, Buffer.from('{}'))]],
  ['a continuation of nothing', () => [frame('continuation', END_HEADERS, 1, headerBlock(request()))]],
  [
    'something else amid the headers',
    () => [frame('headers', END_STREAM, 1, headerBlock(request())), frame('ping', 0, 0, Buffer.alloc(8))],
  ],
  ["a server's promise", () => [frame('push', END_HEADERS, 1, Buffer.concat([number(2), headerBlock(request())]))]],
  ['a frame that is too large', () => [frame('data', 0, 1, Buffer.alloc(20_000))]],
  ['a window beyond all numbers', () => [1, 2].map(() => frame('window', 0, 0, number(2 ** 31 - 1)))],
  [
    'a setting beyond all numbers',
    () => [frame('settings', 0, 0, Buffer.concat([Buffer.from([0, 4]), number(2 ** 31)]))],
  ],
]

test('is refused or the connection closed, and nothing of it reaches a service', async () => {
  const calls = await callsAt(suite)
  await Promise.all(
    refused.map(async ([, frames]) => {
      using connection = openHttp2(suite.gateway.address)
      connection.send(...frames())
      await connection.ended(1)
    }),
  )
  expect(await callsAt(suite)).toBe(calls)
})

test('the same without anything wrong reaches it', async () => {
  const calls = await callsAt(suite)
  using connection = openHttp2(suite.gateway.address)
  connection.send(...whole(request()))
  expect(await connection.ended(1)).toBe('answered')
  expect((await callsAt(suite)) - calls).toBe(1)
})
