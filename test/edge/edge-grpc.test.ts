import { readFileSync } from 'node:fs'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { readApi } from '@hotel/gateway/api'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { Reservation_Status, UpdateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Metadata, Status } from 'nice-grpc'
import { ErrorInfo } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'
import { callsAt } from './raw-http.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ statusChangesPerMinute: 1 })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const { methods } = readApi(readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb'))))
/** What a browser asks with before it lets a page of another origin call. */
const preflight = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }
const bearer = () => ({ authorization: `Bearer ${suite.testerToken}` })

/** All headers and trailers of a call of gRPC that makes a guest. */
async function headersOfCreate(): Promise<string[]> {
  const names: string[] = []
  const see = (headers: Metadata) => void names.push(...[...headers].map(([name]) => name))
  await suite.gateway.guests.createGuest({ first_name: 'Ada' }, { onHeader: see, onTrailer: see })
  return names
}

test('what a service tells the gateway alone is not told to a client, of gRPC or REST', async () => {
  const names = await headersOfCreate()
  expect(names).toContain('x-request-id')
  expect(names).not.toContain('x-http-code')
  const made = await suite.rest('POST', '/guests', { body: { first_name: 'Ada' } })
  expect([made.status, made.headers.get('x-http-code')]).toEqual([201, null])
})

type Ended = { status: string | undefined; code: Status | undefined; message: string; reason: string | undefined }

/** A request of HTTP/2 with the headers of gRPC and these bytes for its message; none without. */
async function request(
  path: string,
  headers: Record<string, string>,
  message?: Uint8Array,
  address = suite.gateway.address,
): Promise<Ended> {
  const session = connect(`http://${address}`)
  try {
    const grpc = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request({ ...grpc, ':path': path, ...headers }, { endStream: message === undefined })
    if (message !== undefined) {
      const head = Buffer.alloc(5)
      head.writeUInt32BE(message.length, 1)
      stream.end(Buffer.concat([head, message]))
    }
    const seen: IncomingHttpHeaders = {}
    const see = (more: IncomingHttpHeaders) => void Object.assign(seen, more)
    stream
      .on('response', see)
      .on('trailers', see)
      .on('error', () => undefined)
      .resume()
    await new Promise((resolve) => stream.once('close', resolve))
    return {
      status: seen[':status']?.toString(),
      code: seen['grpc-status'] === undefined ? undefined : Number(seen['grpc-status']),
      message: decodeURIComponent(seen['grpc-message']?.toString() ?? ''),
      reason: reasonIn(seen['grpc-status-details-bin']?.toString()),
    }
  } finally {
    session.close()
  }
}

function reasonIn(details: string | undefined): string | undefined {
  if (details === undefined) return undefined
  const infos = StatusMessage.decode(Buffer.from(details, 'base64')).details
  const info = infos.find(({ type_url }) => type_url.endsWith('/google.rpc.ErrorInfo'))
  return info && ErrorInfo.decode(info.value).reason
}

test.each(['OPTIONS', 'GET', 'PUT', 'DELETE', 'QUERY'])('a call of gRPC by %s leads to no service', async (method) => {
  const calls = await callsAt(suite)
  for (const { path } of methods)
    for (const headers of [preflight, {}]) {
      const anonymous = await request(path, { ...headers, ':method': method }, Buffer.alloc(0))
      expect([path, anonymous.code]).toEqual([path, Status.UNAUTHENTICATED])
      const known = await request(path, { ...headers, ...bearer(), ':method': method }, Buffer.alloc(0))
      expect([path, known.code]).toEqual([path, Status.UNIMPLEMENTED])
    }
  expect(await callsAt(suite)).toBe(calls)
})

test.each([
  ['a preflight', { ...preflight, ':method': 'OPTIONS' }, ''],
  ['another method', { ':method': 'PUT' }, ''],
  ['a path with a query', {}, '?x=1'],
])('what looks like %s changes nothing, and uses up no minute', async (_name, headers, query) => {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  const change = UpdateReservationRequest.fromPartial({ id, status: Reservation_Status.CHECKED_IN })
  const message = UpdateReservationRequest.encode(change).finish()
  const path = `/hotel.reservations.v1.ReservationService/UpdateReservation${query}`
  expect(await request(path, { ...headers, ...bearer() }, message)).toMatchObject({ code: Status.UNIMPLEMENTED })
  expect((await suite.reservations.getReservation({ id })).etag).toBe('"1"')
  await expect(suite.gateway.reservations.updateReservation(change)).resolves.toMatchObject({
    status: Reservation_Status.CHECKED_IN,
  })
})

test('a preflight is answered by the gateway itself, without a token, as any question for the methods of a path', async () => {
  const calls = await callsAt(suite)
  const { path = '' } = methods[0] ?? {}
  const answers: [path: string, status: number, allow: string | null][] = [
    ['/rooms', 204, 'GET, HEAD, POST, OPTIONS'],
    ['/reservations/01900000-0000-7000-8000-000000000000', 204, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['/openapi.json', 204, 'GET, HEAD, OPTIONS'],
    ['/no/such/path', 404, null],
    [path, 404, null],
  ]
  for (const [path, status, allow] of answers) {
    const answer = await suite.rest('OPTIONS', path, { token: undefined, headers: preflight })
    expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, status, allow])
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  }
  expect(await callsAt(suite)).toBe(calls)
})

test.each([
  '/hotel.rooms.v1.RoomService/NoSuchMethod',
  '/no.such.Service/Method',
  '/hotel.feed.v1.FeedService/ListChanges',
  '/hotel.reservations.v1.StatusCheckService/CheckUpdateReservation',
  '/grpc.channelz.v1.Channelz/GetServers',
])('a method that is not routed is UNIMPLEMENTED with a message and details: %s', async (path) => {
  expect(await request(path, bearer(), Buffer.alloc(0))).toEqual({
    status: '200',
    code: Status.UNIMPLEMENTED,
    message: expect.stringContaining('no such method'),
    reason: 'METHOD_NOT_ALLOWED',
  })
})

test('so is one that a service does not have, straight at the service', async () => {
  for (const addresses of Object.values(suite.stack.addresses)) {
    const ended = await request('/no.such.Service/Method', bearer(), Buffer.alloc(0), addresses[0])
    expect([ended.code, ended.message !== '', ended.reason]).toEqual([Status.UNIMPLEMENTED, true, 'METHOD_NOT_ALLOWED'])
  }
})

/** A message of so many bytes: a field that no method knows. */
function messageOf(size: number): Buffer {
  const field = Buffer.from([0xfa, 0x7f])
  const length = size - field.length - 3
  return Buffer.concat([
    field,
    Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]),
    Buffer.alloc(length, 'a'),
  ])
}

test('a message over 64 KiB is refused for every method, and reaches no service; one of 64 KiB does', async () => {
  const largest = 65_536
  const calls = await callsAt(suite)
  for (const { path } of methods)
    for (const size of [largest + 1, largest + 1_000_000]) {
      const { code, reason } = await request(path, bearer(), messageOf(size))
      expect([path, code, reason]).toEqual([path, Status.RESOURCE_EXHAUSTED, 'BODY_TOO_LARGE'])
    }
  expect(await callsAt(suite)).toBe(calls)
  const unary = methods.filter(({ kind }) => kind !== 'stream')
  for (const { path } of unary) {
    const { code, reason } = await request(path, bearer(), messageOf(largest))
    expect([path, code === undefined, reason === 'BODY_TOO_LARGE']).toEqual([path, false, false])
  }
  expect((await callsAt(suite)) - calls).toBeGreaterThanOrEqual(unary.length)
})

test('a request without a message is refused', async () => {
  for (const { path } of methods) {
    const { code, reason } = await request(path, bearer())
    expect([path, code, reason]).toEqual([path, Status.INVALID_ARGUMENT, 'INVALID_FIELD'])
  }
})
