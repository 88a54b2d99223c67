import { connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Reservation_Status, UpdateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'

const { CHECKED_IN } = Reservation_Status

let suite: Suite
let strangers: string
let readers: string
beforeAll(async () => {
  suite = await sharedSuite({ statusChangesPerMinute: 1, hotels: 'every' })
  const { id: other } = await suite.hotels.createHotel({ name: 'Of others' })
  strangers = await suite.token({ subject: 'stranger', hotels: [other] })
  readers = await suite.token({ subject: 'reader', scopes: ['reservations.read'] })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

type Booked = { id: string; whole: { guest: string; room: string; in_date: string; out_date: string } }

async function booked(from = day(), to = day(2)): Promise<Booked> {
  const { guest, room } = await guestAndRoom(suite)
  const whole = { guest, room, in_date: from, out_date: to }
  return { id: (await suite.reservations.createReservation(whole)).id, whole }
}

const patch = (id: string, body: unknown, options: { token?: string; headers?: Record<string, string> } = {}) =>
  suite.rest('PATCH', `/reservations/${id}`, { body, ...options })
const put = ({ id, whole }: Booked, body: object, options: { token?: string; headers?: Record<string, string> } = {}) =>
  suite.rest('PUT', `/reservations/${id}`, { body: { ...whole, ...body }, ...options })
const said = ({ status, json }: RestAnswer) => [status, json?.details?.[0]?.reason]
const checkIn = { status: 'CHECKED_IN' }
const STALE = { headers: { 'if-match': '"7"' } }

/** Attempts that the service refuses, with what it says; each by PATCH and by PUT. */
const refused: readonly [name: string, status: number, reason: string, ...((of: Booked) => Promise<RestAnswer>)[]][] = [
  [
    'by a token of another hotel',
    404,
    'RESOURCE_NOT_FOUND',
    ({ id }) => patch(id, checkIn, { token: strangers }),
    (of) => put(of, checkIn, { token: strangers }),
  ],
  [
    'by a token without the scope',
    403,
    'PERMISSION_DENIED',
    ({ id }) => patch(id, checkIn, { token: readers }),
    (of) => put(of, checkIn, { token: readers }),
  ],
  [
    'with an etag that no longer holds',
    409,
    'ETAG_MISMATCH',
    ({ id }) => patch(id, checkIn, STALE),
    ({ id }) => patch(id, { ...checkIn, etag: '"7"' }),
    (of) => put(of, checkIn, STALE),
  ],
  [
    'to a status that can not follow',
    400,
    'INVALID_TRANSITION',
    ({ id }) => patch(id, { status: 'CHECKED_OUT' }),
    (of) => put(of, { status: 'CHECKED_OUT' }),
  ],
  [
    'with another field that is wrong',
    400,
    'INVALID_FIELD',
    ({ id }) => patch(id, { ...checkIn, note: ' ' }),
    (of) => put(of, { ...checkIn, in_date: 'today' }),
  ],
  [
    'which the gateway can not read',
    400,
    'INVALID_FIELD',
    ({ id }) => patch(id, '{"status": "CHECKED_IN"'),
    ({ id }) => suite.rest('PUT', `/reservations/${id}`, { body: '{"status": "CHECKED_IN", "note": 1}' }),
  ],
]

describe('a change of status that is refused does not use up the minute', () => {
  test.each(refused)('%s', async (_name, status, reason, ...attempts) => {
    const of = await booked()
    for (const attempt of attempts) expect(said(await attempt(of))).toEqual([status, reason])
    expect((await patch(of.id, checkIn)).status).toBe(200)
    // Nor is it told of a minute that others have used up.
    for (const attempt of attempts.slice(0, 1)) {
      const expected = reason === 'INVALID_TRANSITION' ? 'CHECK_OUT_TOO_EARLY' : reason
      expect(said(await attempt(of))).toEqual([status, expected])
    }
    expect(said(await patch(of.id, { status: 'CHECKED_OUT', out_date: day() }))).toEqual([429, 'RATE_LIMITED'])
  })

  test('over gRPC: by strangers, without the scope, with a stale etag, to a wrong status, as a message that is none', async () => {
    const { id, whole } = await booked()
    const gateway = (token: string) => suite.clientsWith(token).gateway.reservations
    const stale = { metadata: Metadata({ 'if-match': '"7"' }) }
    const attempts = [
      [gateway(strangers).updateReservation({ id, status: CHECKED_IN }), Status.NOT_FOUND],
      [gateway(strangers).replaceReservation({ id, ...whole, status: CHECKED_IN }), Status.NOT_FOUND],
      [gateway(readers).updateReservation({ id, status: CHECKED_IN }), Status.PERMISSION_DENIED],
      [gateway(readers).replaceReservation({ id, ...whole, status: CHECKED_IN }), Status.PERMISSION_DENIED],
      [suite.gateway.reservations.updateReservation({ id, status: CHECKED_IN }, stale), Status.ABORTED],
      [suite.gateway.reservations.replaceReservation({ id, ...whole, status: CHECKED_IN }, stale), Status.ABORTED],
      [suite.gateway.reservations.updateReservation({ id, status: 99 as never }), Status.INVALID_ARGUMENT],
    ] as const
    for (const [attempt, code] of attempts) await expect(attempt).rejects.toMatchObject({ code })
    // A note that is not UTF-8: the gateway does not read it, the service refuses it.
    const message = UpdateReservationRequest.encode(
      UpdateReservationRequest.fromPartial({ id, status: CHECKED_IN, note: '~' }),
    ).finish()
    expect(await rawUpdate(Buffer.from(message).map((byte) => (byte === 0x7e ? 0xff : byte)))).toBe('3')
    await expect(suite.gateway.reservations.updateReservation({ id, status: CHECKED_IN })).resolves.toMatchObject({
      status: CHECKED_IN,
    })
  })

  test('for want of a free room, by what the service alone can know', async () => {
    const one = await booked()
    const two = await booked(day(), day(1))
    const taken = { ...checkIn, room: two.whole.room }
    expect(said(await patch(one.id, taken))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect((await patch(one.id, checkIn)).status).toBe(200)
    expect((await suite.reservations.getReservation({ id: one.id })).room).toBe(one.whole.room)
  })
})

test('of acceptable changes that come at once exactly one passes, by whichever door', async () => {
  for (let round = 0; round < 5; round++) {
    const of = await booked()
    const { id, whole } = of
    const grpc = (call: Promise<unknown>) =>
      call.then(
        () => 200,
        ({ code }: { code: Status }) => (code === Status.RESOURCE_EXHAUSTED ? 429 : code),
      )
    const answers = await Promise.all([
      patch(id, checkIn).then(({ status }) => status),
      put(of, checkIn).then(({ status }) => status),
      grpc(suite.gateway.reservations.updateReservation({ id, status: CHECKED_IN })),
      grpc(suite.gateway.reservations.replaceReservation({ id, ...whole, status: CHECKED_IN })),
    ])
    expect(answers.sort()).toEqual([200, 429, 429, 429])
  }
})

test('a change that was not counted has no effect, should it be acceptable when it arrives', async () => {
  const { id } = await booked()
  const uncounted = { metadata: Metadata({ 'x-hotel-status-change': 'uncounted' }) }
  const call = suite.reservations.updateReservation({ id, status: CHECKED_IN }, uncounted)
  await expect(call).rejects.toMatchObject({
    code: Status.ABORTED,
    extra: expect.arrayContaining([expect.objectContaining({ reason: 'CHANGED_MEANWHILE' })]),
  })
  expect((await suite.reservations.getReservation({ id })).etag).toBe('"1"')
  // Of clients the gateway does not take it.
  const changed = await patch(id, checkIn, { headers: { 'x-hotel-status-change': 'uncounted' } })
  expect([changed.status, changed.json.status]).toEqual([200, 'CHECKED_IN'])
})

test('a repeat is answered as its first call once the minute allows it, and changes nothing', async () => {
  const { id } = await booked()
  const key = { headers: { 'idempotency-key': `check-in of ${id}`.replaceAll(' ', '-') } }
  expect((await patch(id, checkIn, key)).status).toBe(200)
  expect(said(await patch(id, checkIn, key))).toEqual([429, 'RATE_LIMITED'])
  const other = await patch(id, { ...checkIn, note: 'other' }, key)
  expect(said(other)).toEqual([400, 'IDEMPOTENCY_KEY_REUSED'])
})

test('is counted also when it comes compressed, in chunks, or with its fields twice', async () => {
  const { id } = await booked()
  const bytes = (fields: object) =>
    Buffer.from(UpdateReservationRequest.encode(UpdateReservationRequest.fromPartial({ id, ...fields })).finish())
  expect((await patch(id, checkIn)).status).toBe(200)
  const leave = { status: Reservation_Status.CHECKED_OUT, out_date: day() }
  const twice = Buffer.concat([bytes({ status: CHECKED_IN }), bytes(leave)])
  expect(await rawUpdate(twice)).toBe('8')
  expect(await rawUpdate(bytes(leave), { pieces: 1 })).toBe('8')
  // Field extraction reads nothing that is compressed, and refuses it.
  expect(await rawUpdate(gzipSync(bytes(leave)), { compressed: true })).toBe('3')
  expect((await suite.reservations.getReservation({ id })).checkout_datetime).toBeUndefined()
})

test('a change that fails for want of a service that has to be asked is not counted either', async () => {
  const { id } = await booked()
  const { guests } = suite.stack.services
  await guests.kill()
  try {
    const unknown = { ...checkIn, guest: '01900000-0000-7000-8000-000000000000' }
    expect(said(await patch(id, unknown))).toEqual([503, 'PEER_UNAVAILABLE'])
    expect((await patch(id, checkIn)).status).toBe(200)
  } finally {
    await guests.start()
  }
})

/** UpdateReservation through the gateway with these bytes for its message, in one piece or in pieces; gives the code. */
async function rawUpdate(message: Uint8Array, { compressed = false, pieces = 0 } = {}): Promise<string> {
  const session = connect(`http://${suite.gateway.address}`)
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/hotel.reservations.v1.ReservationService/UpdateReservation',
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${suite.testerToken}`,
      ...(compressed && { 'grpc-encoding': 'gzip' }),
    })
    const head = Buffer.alloc(5)
    head.writeUInt8(compressed ? 1 : 0, 0)
    head.writeUInt32BE(message.length, 1)
    const whole = Buffer.concat([head, message])
    if (pieces > 0) for (const byte of whole) stream.write(Buffer.from([byte]))
    else stream.write(whole)
    stream.end()
    const { promise, resolve } = Promise.withResolvers<string>()
    const look = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) resolve(String(headers['grpc-status']))
    }
    stream
      .on('response', look)
      .on('trailers', look)
      .on('error', (error) => resolve(String(error)))
      .resume()
    return await promise
  } finally {
    session.close()
  }
}
