import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { beginWatch, newHotel } from '../feeds/watching.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, guestAndRoom } from '../support/hotel.ts'

const { CHECKED_IN, CHECKED_OUT } = Reservation_Status

describe('one request a second for each client', () => {
  let suite: Suite
  beforeAll(async () => {
    suite = await sharedSuite({ requestsPerSecond: 1, hotels: 'every' })
  })
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
  })

  test('across resources, REST and gRPC together; forged addresses do not help; docs and health are free', async () => {
    const first = await suite.rest('GET', '/guests')
    const others = await Promise.all([
      suite.rest('GET', '/rooms'),
      suite.rest('GET', '/reservations', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' } }),
    ])
    const grpc = suite.gateway.rooms.listRooms({}).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(first.status).toBe(200)
    for (const { status, headers, json } of others) {
      expect([status, json.code, json.details[0].reason]).toEqual([429, 8, 'RATE_LIMITED'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(await grpc).toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
    for (const path of ['/healthz', '/openapi.json', '/']) expect((await suite.rest('GET', path)).status).toBe(200)
  })

  test('a watch counts as one request, however long it goes on', async () => {
    const hotel = await newHotel(suite)
    const begin = () => beginWatch(suite, { collection: 'guests', query: { hotel } })
    const { watching, next } = await eventually(async () => {
      const watching = await begin()
      expect(watching.status).toBe(200)
      return { watching, next: await begin() }
    })
    expect(next.status).toBe(429)
    await eventually(async () => expect((await suite.rest('GET', '/guests')).status).toBe(200))
    await watching.answers.next()
    for (const first_name of ['Ada', 'Grace']) {
      await suite.guests.createGuest({ hotel, first_name })
      const { value } = await watching.answers.next()
      expect(value.changes[0]?.guest.first_name).toBe(first_name)
    }
    watching.stop()
  })
})

describe('one status change a minute for each reservation', () => {
  let suite: Suite
  beforeAll(async () => {
    suite = await sharedSuite({ statusChangesPerMinute: 1, hotels: 'every' })
  })
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
  })

  async function reservation(): Promise<{ id: string; whole: object }> {
    const { guest, room } = await guestAndRoom(suite)
    const whole = { guest, room, in_date: day(), out_date: day(2) }
    return { id: (await suite.reservations.createReservation(whole)).id, whole }
  }
  const patch = (id: string, body: object) => suite.rest('PATCH', `/reservations/${id}`, { body })

  test('whether by PATCH, PUT or gRPC; other changes and other reservations are free', async () => {
    const [one, two] = await Promise.all([reservation(), reservation()])
    expect((await patch(one.id, { status: 'CHECKED_IN' })).status).toBe(200)
    expect((await patch(one.id, { status: 'CHECKED_IN' })).status).toBe(429)
    // An early departure, which the service would accept: what it refuses is not counted.
    const leave = { out_date: day(), status: CHECKED_OUT }
    const body = { ...one.whole, ...leave, status: 'CHECKED_OUT' }
    const put = await suite.rest('PUT', `/reservations/${one.id}`, { body })
    expect([put.status, put.headers.get('x-ratelimit-policy')]).toEqual([429, 'reservation-status-per-minute'])
    const grpc = suite.gateway.reservations.updateReservation({ id: one.id, ...leave })
    await expect(grpc).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
    const replace = suite.gateway.reservations.replaceReservation({ id: one.id, ...one.whole, ...leave })
    await expect(replace).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED })

    expect((await patch(one.id, { note: 'late' })).status).toBe(200)
    await suite.gateway.reservations.updateReservation({ id: one.id, note: 'later' })
    expect((await patch(two.id, { status: 'checked-in' })).status).toBe(200)
  })

  const waysAround: [name: string, request: (id: string) => Promise<{ status: number }>][] = [
    ['the id in capitals', (id) => patch(id.toUpperCase(), { status: 'CHECKED_OUT' })],
    ['the id without hyphens', (id) => patch(id.replaceAll('-', ''), { status: 'CHECKED_OUT' })],
    ['the id in braces', (id) => patch(`%7B${id}%7D`, { status: 'CHECKED_OUT' })],
    ['a percent-encoded character', (id) => patch(id.replace('0', '%30'), { status: 'CHECKED_OUT' })],
    ['a trailing slash', (id) => patch(`${id}/`, { status: 'CHECKED_OUT' })],
    ['two slashes', (id) => suite.rest('PATCH', `//reservations//${id}`, { body: { status: 'CHECKED_OUT' } })],
    ['the status in the query', (id) => suite.rest('PATCH', `/reservations/${id}?status=CHECKED_OUT`, { body: {} })],
    [
      'another id in the query',
      (id) => suite.rest('PATCH', `/reservations/${day()}?id=${id}`, { body: { status: 'CHECKED_OUT' } }),
    ],
    [
      'the status twice',
      (id) => suite.rest('PATCH', `/reservations/${id}`, { body: '{"status":"CHECKED_OUT","status":null}' }),
    ],
    ['the status as a number', (id) => patch(id, { status: 3 })],
    [
      'an override header',
      (id) =>
        suite.rest('POST', `/reservations/${id}`, {
          body: { status: 'CHECKED_OUT' },
          headers: { 'x-http-method-override': 'PATCH' },
        }),
    ],
  ]
  test.each(waysAround)('is not avoided by %s', async (_name, request) => {
    const { id } = await reservation()
    expect((await patch(id, { status: 'CHECKED_IN', out_date: day() })).status).toBe(200)
    const answer = await request(id)
    expect([400, 404, 405, 429]).toContain(answer.status)
    expect((await suite.reservations.getReservation({ id })).checkout_datetime).toBeUndefined()
  })

  /** A length-delimited field 1, the id, and a varint field 4, the status, as protobuf encodes them. */
  const idField = (id: string) => Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id)])
  const other = '01900000-0000-7000-8000-000000000000'
  const rawWays: [name: string, message: (id: string) => Buffer][] = [
    ['the status before the id', (id) => Buffer.concat([Buffer.from([0x20, 3]), idField(id)])],
    ['another id first', (id) => Buffer.concat([idField(other), idField(id), Buffer.from([0x20, 3])])],
    [
      'another id first, the status between',
      (id) => Buffer.concat([idField(other), Buffer.from([0x20, 3]), idField(id)]),
    ],
    ['the status twice', (id) => Buffer.concat([idField(id), Buffer.from([0x20, 0, 0x20, 3])])],
    [
      'the status in an over-long varint',
      (id) => Buffer.concat([idField(id), Buffer.from([0x20, 0x83, 0x80, 0x80, 0])]),
    ],
    ['the status with another wire type', (id) => Buffer.concat([idField(id), Buffer.from([0x22, 1, 3])])],
    [
      'an unknown field in front',
      (id) => Buffer.concat([Buffer.from([0xa0, 0x06, 1]), idField(id), Buffer.from([0x20, 3])]),
    ],
  ]
  test.each(rawWays)('is not avoided over gRPC by %s', async (_name, message) => {
    const { id } = await reservation()
    await suite.gateway.reservations.updateReservation({ id, status: CHECKED_IN, out_date: day() })
    const client = new Client(suite.gateway.address, credentials.createInsecure())
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${suite.testerToken}`)
    const code = await new Promise<number | undefined>((resolve) => {
      const bytes = (value: Buffer) => value
      const path = '/hotel.reservations.v1.ReservationService/UpdateReservation'
      client.makeUnaryRequest(path, bytes, bytes, message(id), metadata, (error) => resolve(error?.code))
    })
    client.close()
    expect([Status.RESOURCE_EXHAUSTED, Status.INVALID_ARGUMENT]).toContain(code)
    expect((await suite.reservations.getReservation({ id })).checkout_datetime).toBeUndefined()
  })
})

test('a request refused by the first limit does not use up the second', async () => {
  await using suite = await sharedSuite({ requestsPerSecond: 1, statusChangesPerMinute: 1, hotels: 'every' })
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(2) })
  const change = () => suite.rest('PATCH', `/reservations/${id}`, { body: { status: 'CHECKED_IN' } })
  const [, second] = [await suite.rest('GET', '/guests'), await change()]
  expect(second.headers.get('x-ratelimit-policy')).toBe('client-per-second')
  const deadline = Date.now() + 10_000
  let answer = second
  while (answer.headers.get('x-ratelimit-policy') === 'client-per-second' && Date.now() < deadline)
    answer = await change()
  expect(answer.status).toBe(200)
})
