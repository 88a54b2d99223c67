import { createConnectTransport } from '@connectrpc/connect-web'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { callsAt } from '../edge/raw-http.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'
import { clientOver, ended, methodsOf, protocols, webClient, withToken } from './clients.ts'

const ROOMS = 'hotel.rooms.v1.RoomService'
const RESERVATIONS = 'hotel.reservations.v1.ReservationService'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: 1, statusChangesPerMinute: 1 })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** The tester, whom no limit of the client holds up. */
const tester = async () => ({ address: suite.gateway.address, token: await suite.token({ tier: 'internal' }) })

describe.each(protocols)('what holds for gRPC holds for %s', (protocol) => {
  const client = async (service: string) => webClient(service, await tester(), protocol)

  test('requests of a client are counted together, by whichever door', async () => {
    const token = await suite.token({ subject: `limited by ${protocol}`, tier: 'standard' })
    const limited = webClient(ROOMS, { address: suite.gateway.address, token }, protocol)
    // Several of each at once, since a second may pass meanwhile.
    const ask = () => [
      suite.rest('GET', '/rooms', { token }),
      ended(limited('listRooms', {})),
      ended(limited('watchRooms', { hotel: suite.hotel })),
    ]
    const answers = await Promise.all(Array.from({ length: 4 }, ask).flat())
    const metadata = { policy: 'client-per-second' }
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', metadata, retryAfter: '1' }
    for (const [kind, expected] of [{ status: 429 }, refused, refused].entries()) {
      const same = answers.filter((_, index) => index % 3 === kind)
      expect(same).toContainEqual(expect.objectContaining(expected))
    }
  })

  test('a change of status uses up the minute of its reservation, by whichever door', async () => {
    const [{ guest, room }, reservations] = [await guestAndRoom(suite), await client(RESERVATIONS)]
    const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(2) })
    const refused = await ended(reservations('updateReservation', { id, status: Reservation_Status.CHECKED_OUT }))
    // The service refuses it, so it is not counted.
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION' })
    const checkedIn = await ended(reservations('updateReservation', { id, status: Reservation_Status.CHECKED_IN }))
    expect(checkedIn).toMatchObject({ code: 'OK' })
    const leave = { id, outDate: day(), status: Reservation_Status.CHECKED_OUT }
    const again = await ended(reservations('updateReservation', leave))
    const metadata = { policy: 'reservation-status-per-minute' }
    expect(again).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', metadata })
    const body = { out_date: day(), status: 'CHECKED_OUT' }
    const token = await suite.token({ tier: 'internal' })
    expect((await suite.rest('PATCH', `/reservations/${id}`, { body, token })).status).toBe(429)
  })

  test('a message over 64 KiB is refused, and reaches no service', async () => {
    const [rooms, calls] = [await client(ROOMS), await callsAt(suite)]
    for (const size of [65_536, 70_000, 1_000_000])
      expect(await ended(rooms('createRoom', { number: 'x'.repeat(size) }))).toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
        reason: 'BODY_TOO_LARGE',
      })
    expect(await callsAt(suite)).toBe(calls)
    const largest = await ended(rooms('createRoom', { number: 'x'.repeat(65_000) }))
    expect(largest).toMatchObject({ code: 'INVALID_ARGUMENT', fields: ['number'] })
  })

  test.each([
    ['idempotency-key', 'a b', 'idempotency-key'],
    ['idempotency_key', 'key', 'idempotency-key'],
  ])('the metadata %s: %s is refused by its name', async (name, value, named) => {
    const [rooms, calls] = [await client(ROOMS), await callsAt(suite)]
    const refused = await ended(rooms('createRoom', { number: '1' }, { headers: { [name]: value } }))
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
    expect(refused.message).toContain(named)
    expect(await callsAt(suite)).toBe(calls)
  })

  test('headers that the suite believes itself are dropped', async () => {
    const [{ guest, room }, reservations] = [await guestAndRoom(suite), await client(RESERVATIONS)]
    const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(2) })
    const headers = { 'x-hotel-status-change': 'uncounted', 'x-http-code': '413', 'x-envoy-original-path': '/rooms' }
    const change = { id, status: Reservation_Status.CHECKED_IN }
    expect(await ended(reservations('updateReservation', change, { headers }))).toMatchObject({ code: 'OK' })
    const leave = { id, outDate: day(), status: Reservation_Status.CHECKED_OUT }
    expect(await ended(reservations('updateReservation', leave, { headers }))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    })
  })

  test('the time of a client acts at the service', async () => {
    const rooms = await client(ROOMS)
    const name = protocol === 'Connect' ? 'connect-timeout-ms' : 'grpc-timeout'
    // Set as a header, so that the client itself goes on waiting.
    const headers = { [name]: protocol === 'Connect' ? '1' : '1m' }
    const late = await ended(rooms('listRooms', {}, { headers }))
    expect(late).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  test('a method or service that is not routed is UNIMPLEMENTED', async () => {
    const calls = await callsAt(suite)
    for (const service of ['hotel.feed.v1.FeedService', 'hotel.transfer.v1.TransferService']) {
      const hidden = await client(service)
      for (const method of methodsOf(service)) {
        const call = ended(hidden(method, {}))
        expect(await call).toMatchObject({ code: 'UNIMPLEMENTED', reason: 'METHOD_NOT_ALLOWED' })
      }
    }
    expect(await callsAt(suite)).toBe(calls)
  })
})

test('JSON by Connect, to which no service listens, is refused with the remedy; so is its GET', async () => {
  const baseUrl = `http://${suite.gateway.address}`
  const calls = await callsAt(suite)
  const transport = createConnectTransport({ baseUrl, interceptors: [withToken(suite.testerToken)] })
  const rooms = clientOver(ROOMS, transport)
  for (const call of [rooms('listRooms', {}), rooms('watchRooms', { hotel: suite.hotel })]) {
    const refused = await ended(call)
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
    expect(refused.message).toContain('useBinaryFormat')
  }
  const get = await suite.rest('GET', `/${ROOMS}/ListRooms?encoding=proto&connect=v1&message=`)
  expect([get.status, get.headers.get('allow'), get.json]).toEqual([
    405,
    'POST',
    { code: 'unimplemented', message: expect.stringContaining('useHttpGet') },
  ])
  expect(await callsAt(suite)).toBe(calls)
})

test('pages of REST stay pages of REST, whatever Connect says', async () => {
  const token = await suite.token({ tier: 'internal' })
  const headers = { 'connect-protocol-version': '1' }
  const made = await suite.rest('POST', '/rooms', { body: { number: `REST ${Date.now()}` }, headers, token })
  expect(made.status).toBe(201)
})
