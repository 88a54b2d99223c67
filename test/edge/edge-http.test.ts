import { connect } from 'node:http2'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'
import { callsAt, open, readAll, statusesOf } from './raw-http.ts'

let suite: Suite
let room: string
let longRoom: string
beforeAll(async () => {
  suite = await sharedSuite()
  room = (await suite.rooms.createRoom({ number: freshNumber() })).id
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const stay = { guest, room, in_date: day(), out_date: day(1), note: 'long '.repeat(300) }
  longRoom = (await suite.reservations.createReservation(stay)).id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const head = (line: string, headers: string) =>
  `${line} HTTP/1.1\r\nhost: hotel\r\nauthorization: Bearer ${suite.testerToken}\r\n${headers}`

/** The whole answer to one request of HTTP/1.1, on a connection that then ends. */
async function raw(line: string, headers = ''): Promise<string> {
  const socket = open(suite.gateway.address)
  socket.write(head(line, `connection: close\r\n${headers}\r\n`))
  return readAll(socket)
}

/** Status and bytes of an answer over HTTP/2. */
async function overHttp2(headers: Record<string, string>): Promise<[status: number, bytes: Buffer, trailers: object]> {
  const session = connect(`http://${suite.gateway.address}`)
  try {
    const stream = session.request({ authorization: `Bearer ${suite.testerToken}`, ...headers })
    let [status, trailers] = [0, {}]
    stream.on('response', (seen) => (status = Number(seen[':status']))).on('trailers', (seen) => (trailers = seen))
    stream.end()
    const parts = await Array.fromAsync(stream)
    return [status, Buffer.concat(parts as Buffer[]), trailers]
  } finally {
    session.close()
  }
}

describe('a colon', () => {
  test('may be encoded wherever a path has one', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const until = new Date(Date.now() + 600_000)
    const stay = { guest, room, in_date: day(), out_date: day(1), hold_until: until }
    const { id } = await suite.reservations.createReservation(stay)
    expect((await suite.rest('POST', `/reservations/${id}%3Aconfirm`)).status).toBe(200)
    expect((await suite.rest('DELETE', `/reservations/${id}`)).status).toBe(200)
    expect((await suite.rest('POST', `/reservations/${id}%3aundelete/?`)).status).toBe(200)
    expect(refusal(await suite.rest('POST', '/reservations%3AswapRooms', { body: {} }))).toEqual(
      invalid('reservations'),
    )
    expect((await suite.rest('GET', '/reservations%3AswapRooms')).headers.get('allow')).toBe('POST, OPTIONS')
  })

  test.each([
    ['application/x-ndjson', 'application/x-ndjson'],
    ['text/event-stream', 'text/event-stream'],
  ])('may be encoded in the path of a stream as %s', async (accept, type) => {
    const stop = new AbortController()
    const { status, headers } = await fetch(`http://${suite.gateway.address}/rooms%3Awatch?hotel=${suite.hotel}`, {
      headers: { authorization: `Bearer ${suite.testerToken}`, accept },
      signal: stop.signal,
    })
    expect([status, headers.get('content-type')]).toEqual([200, type])
    stop.abort()
  })

  test('is encoded once only, and is nothing else', async () => {
    const paths = ['/rooms%253Awatch', '/rooms%3A%3Awatch', '/rooms%3Awatching']
    for (const path of paths) expect([path, (await suite.rest('POST', path)).status]).toEqual([path, 404])
  })
})

describe('HEAD', () => {
  const paths = () => ['/rooms', `/rooms/${room}`, '/reservations/current', '/', '/openapi.json', '/healthz']

  test('answers what GET does, without a body', async () => {
    for (const path of paths()) {
      const [whole, only] = [await suite.rest('GET', path), await suite.rest('HEAD', path)]
      expect([path, only.status, only.text]).toEqual([path, 200, ''])
      // One that GET compresses is another form of the same; an empty one needs no length.
      const same = whole.headers.has('content-encoding') || whole.text === '' ? [] : ['etag', 'content-length']
      for (const name of ['content-type', ...same])
        expect([path, name, only.headers.get(name)]).toEqual([path, name, whole.headers.get(name)])
      expect((await raw(`HEAD ${path}`)).split('\r\n\r\n')[1]).toBe('')
      const [status, bytes, trailers] = await overHttp2({ ':method': 'HEAD', ':path': path, 'accept-encoding': 'br' })
      expect([path, status, bytes.length, { ...trailers }]).toEqual([path, 200, 0, {}])
    }
  })

  test('is refused as GET is, and leaves the connection good', async () => {
    const { address } = suite.gateway
    for (const [path, status] of [
      ['/rooms/1', 404],
      ['/reservations:swapRooms', 405],
      [`/rooms/${room}`, 200],
    ])
      expect([path, await statusesOf(address, head(`HEAD ${path}`, '\r\n'))]).toEqual([path, [status, 200]])
    expect((await suite.rest('HEAD', '/rooms?x=1')).status).toBe(400)
    const { status, text } = await suite.rest('HEAD', '/rooms', { token: undefined })
    expect([status, text]).toEqual([401, ''])
  })

  test('of a stream gives its headers, and begins none', async () => {
    const calls = await callsAt(suite)
    for (const [accept, type] of [
      ['*/*', 'application/x-ndjson'],
      ['text/event-stream', 'text/event-stream'],
    ] as const) {
      const { status, headers } = await suite.rest('HEAD', `/rooms:watch?hotel=${suite.hotel}`, { headers: { accept } })
      expect([status, headers.get('content-type'), headers.get('x-accel-buffering')]).toEqual([200, type, 'no'])
    }
    expect((await suite.rest('HEAD', '/rooms:watch?hotels=x')).status).toBe(400)
    expect(await callsAt(suite)).toBe(calls)
  })
})

test('OPTIONS tells the methods of a path, without a token and without asking a service', async () => {
  const calls = await callsAt(suite)
  const answers: [path: string, status: number, allow: string | null][] = [
    ['/rooms', 204, 'GET, HEAD, POST, OPTIONS'],
    [`/rooms/${room}/`, 204, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['/rooms/anything', 204, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    [`/rooms/${room}%3Aundelete`, 204, 'POST, OPTIONS'],
    ['/rooms:watch', 204, 'GET, HEAD, OPTIONS'],
    ['/', 204, 'GET, HEAD, OPTIONS'],
    ['/healthz', 204, 'GET, HEAD, OPTIONS'],
    ['/nothing', 404, null],
  ]
  for (const [path, status, allow] of answers) {
    const { status: given, headers, text } = await suite.rest('OPTIONS', path, { token: undefined })
    expect([path, given, headers.get('allow'), text === '']).toEqual([path, status, allow, status === 204])
  }
  expect(await callsAt(suite)).toBe(calls)
})

describe('if-none-match', () => {
  const conditional = (path: string, asked: string, coding = 'identity') =>
    suite.rest('GET', path, { headers: { 'if-none-match': asked, 'accept-encoding': coding } })

  test('that holds is 304 for resources and documents, else the answer is whole', async () => {
    for (const path of [`/rooms/${room}`, `/reservations/${longRoom}`, '/', '/openapi.json']) {
      const etag = (await suite.rest('GET', path)).headers.get('etag') ?? ''
      const plain = (await conditional(path, '"0"')).headers.get('etag') ?? ''
      expect(plain).toMatch(/^"[\w-]+"$/)
      for (const asked of [plain, `"0", ${plain}`, `W/${plain}`, `"a,b",W/"0",${plain} `, '*']) {
        const { status, headers, text } = await conditional(path, asked)
        expect([path, asked, status, headers.get('etag'), text]).toEqual([path, asked, 304, plain, ''])
      }
      // In the coding in which it came, too.
      expect([path, (await suite.rest('GET', path, { headers: { 'if-none-match': etag } })).status]).toEqual([
        path,
        304,
      ])
      for (const asked of ['"0"', plain.replaceAll('"', ''), plain.replace('"', '"x'), '', '"*"', 'W/'])
        expect([path, asked, (await conditional(path, asked)).status]).toEqual([path, asked, 200])
    }
  })

  test('holds for HEAD, of a compressed answer, in HTTP/2, and leaves a connection good', async () => {
    const path = `/reservations/${longRoom}`
    const asks = 'if-none-match: W/"1"\r\naccept-encoding: br\r\n\r\n'
    const twice = head(`GET ${path}`, asks) + head(`HEAD ${path}`, asks)
    expect(await statusesOf(suite.gateway.address, twice)).toEqual([304, 304, 200])
    for (const method of ['GET', 'HEAD']) {
      const asked = { ':method': method, ':path': path, 'if-none-match': '"1"', 'accept-encoding': 'br' }
      const [status, bytes, trailers] = await overHttp2(asked)
      expect([status, bytes.length, { ...trailers }]).toEqual([304, 0, {}])
    }
  })

  test('says nothing of what may not be read, of lists and of writes', async () => {
    const asked = { 'if-none-match': '*' }
    expect((await suite.rest('GET', `/rooms/${room}`, { token: undefined, headers: asked })).status).toBe(401)
    const stranger = await suite.token({ hotels: [] })
    expect((await suite.rest('GET', `/rooms/${room}`, { token: stranger, headers: asked })).status).toBe(404)
    expect((await suite.rest('GET', '/rooms', { headers: asked })).status).toBe(200)
    expect((await suite.rest('PATCH', `/rooms/${room}`, { headers: asked, body: {} })).status).toBe(200)
  })
})

describe('an answer', () => {
  /** The answer as it comes: fetch would decompress it. */
  const coded = async (path: string, accept: string) => {
    const answer = await raw(`GET ${path}`, `accept-encoding: ${accept}\r\n`)
    const [headers = '', ...rest] = answer.split('\r\n\r\n')
    return { coding: /^content-encoding: (.*)$/m.exec(headers)?.[1]?.trim(), headers, body: rest.join('\r\n\r\n') }
  }
  /** What is in chunks, without their lengths. */
  const joined = (chunks: string): Buffer => {
    const parts: string[] = []
    for (let rest = chunks; rest !== ''; ) {
      const [size = ''] = /^[\da-f]+/.exec(rest) ?? []
      const from = size.length + 2
      parts.push(rest.slice(from, from + Number.parseInt(size, 16)))
      rest = rest.slice(from + Number.parseInt(size, 16) + 2)
    }
    return Buffer.from(parts.join(''), 'latin1')
  }
  const codings: [accept: string, coding: string | undefined][] = [
    ['br, gzip', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=0.5, br;q=0', 'gzip'],
    ['gzip;q=0', undefined],
    ['zstd, deflate', undefined],
    ['', undefined],
  ]

  test.each(codings)('of 1 KB and more is compressed for who accepts "%s": %s', async (accept, coding) => {
    const path = `/reservations/${longRoom}`
    const whole = Buffer.from((await suite.rest('GET', path)).text)
    const answer = await coded(path, accept)
    const open = { br: brotliDecompressSync, gzip: gunzipSync }[coding ?? '']
    expect(answer.coding).toBe(coding)
    expect(open ? open(joined(answer.body)) : Buffer.from(answer.body, 'latin1')).toEqual(whole)
    if (coding) expect(answer.headers).toMatch(/^etag: W\/"1"\r?$/m)
    const document = await coded('/openapi.json', accept)
    expect(document.coding).toBe(coding)
    if (open) JSON.parse(open(Buffer.from(document.body, 'latin1')).toString())
    expect(document.headers).toMatch(/^vary: accept-encoding/im)
  })

  test('of less is not, nor is a stream or gRPC', async () => {
    expect((await coded(`/rooms/${room}`, 'br, gzip')).coding).toBeUndefined()
    const metadata = Metadata({ 'accept-encoding': 'br, gzip' })
    let header: Metadata | undefined
    await suite.gateway.reservations.getReservation(
      { id: longRoom },
      {
        metadata,
        onHeader(seen) {
          header = seen
        },
      },
    )
    expect(header?.get('content-encoding')).toBeUndefined()
  })

  test('has a version that is good for if-match, as it was sent', async () => {
    const path = `/reservations/${longRoom}`
    const etag = (await suite.rest('GET', path, { headers: { 'accept-encoding': 'br' } })).headers.get('etag') ?? ''
    expect(etag).toMatch(/^W\/"/)
    const change = (match: string) => suite.rest('PATCH', path, { headers: { 'if-match': match }, body: {} })
    expect((await change(etag)).status).toBe(200)
    expect((await change('W/"9"')).status).toBe(409)
  })
})

describe('a body', () => {
  const post = async (coding: string, body: Uint8Array) =>
    fetch(`http://${suite.gateway.address}/guests`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${suite.testerToken}`,
        'content-type': 'application/json',
        'content-encoding': coding,
      },
      body,
    })
  const text = Buffer.from('{"first_name": "Coded"}')

  test.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity, gzip', gzipSync(text)],
    ['zstd', text],
    ['nonsense', text],
  ])('in the coding %s is refused, with what is accepted', async (coding, body) => {
    const answer = await post(coding, body)
    expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'identity'])
    const { details } = (await answer.json()) as { details: { field_violations: { field: string }[] }[] }
    expect(details[1]?.field_violations.map(({ field }) => field)).toEqual(['content-encoding'])
  })

  test('as it is, and said to be, is taken', async () => {
    for (const coding of ['identity', 'Identity']) expect((await post(coding, text)).status).toBe(201)
  })
})

describe('a header with an underscore', () => {
  test('is named in a refusal, and reaches no service', async () => {
    const calls = await callsAt(suite)
    for (const name of ['client_version', 'idempotency_key', 'x_forwarded_for', '_', 'Content_Length']) {
      const answer = await suite.rest('POST', '/guests', { headers: { [name]: '1' }, body: { first_name: 'Ada' } })
      expect(refusal(answer)).toEqual(invalid(name.toLowerCase()))
      expect((await suite.rest('GET', '/rooms', { token: undefined, headers: { [name]: '1' } })).status).toBe(400)
    }
    expect(await callsAt(suite)).toBe(calls)
  })

  test('is dropped from the metadata of a call', async () => {
    const names = ['client_version', 'x_forwarded_for', 'x_request_id', 'grpc_timeout', '_', 'trace_bin']
    const metadata = Metadata(Object.fromEntries(names.map((name) => [name, '1'])))
    await expect(suite.gateway.rooms.listRooms({}, { metadata })).resolves.toBeDefined()
    for await (const { changes } of suite.gateway.rooms.watchRooms({ hotel: suite.hotel }, { metadata })) {
      expect(changes).toBeDefined()
      break
    }
  })

  test('is refused in a call where it looks like what makes a write safe', async () => {
    const calls = await callsAt(suite)
    for (const name of ['idempotency_key', 'if_match']) {
      const created = suite.gateway.guests.createGuest({ first_name: 'Ada' }, { metadata: Metadata({ [name]: '1' }) })
      await expect(created).rejects.toMatchObject({
        code: Status.INVALID_ARGUMENT,
        details: expect.stringContaining(name.replace('_', '-')),
      })
    }
    expect(await callsAt(suite)).toBe(calls)
  })
})

test('links hold whatever name and scheme the caller knows the host by', async () => {
  const headers = { host: 'api.hotel.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'elsewhere.example' }
  const { json } = await suite.rest('GET', '/', { headers })
  for (const [name, link] of Object.entries(json)) expect(link).toBe(`/${name}`)
})
