import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { GetGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { UpdateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { rawCall } from '../edge/raw-call.ts'
import { followed } from '../full-hotel/contents.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { crossLock, noneWaiting, waiting, whileLocked } from '../support/locks.ts'

const NOBODY = '01900000-0000-7000-8000-000000000000'
const GET_GUEST = '/hotel.guests.v1.GuestService/GetGuest'
const UPDATE = '/hotel.reservations.v1.ReservationService/UpdateReservation'
const TRACE = '0af7651916cd43dd8448eb211c80319c'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

type Line = Record<string, unknown> & { process: string }

/** The lines that have this id, by process, once there is one of each of these and no other. */
function linesOf(requestId: string | undefined | null, ...processes: string[]): Promise<Line[]> {
  return eventually(async () => {
    const found = suite.lines.flatMap((line): Line[] => {
      const [, process = '', json = ''] = /^(\S+): (\{.*)$/.exec(line) ?? []
      const parsed = json === '' ? {} : JSON.parse(json)
      return parsed.request_id === requestId ? [{ ...parsed, process: process.replace(/-\d$/, '') }] : []
    })
    found.sort((one, other) => one.process.localeCompare(other.process))
    expect(found.map(({ process }) => process)).toEqual([...processes].sort())
    return found
  })
}

const address = (service: 'guests' | 'reservations') => suite.stack.addresses[service][0] ?? ''

async function reservation(): Promise<{ id: string; guest: string; room: string }> {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
  return { id, guest, room }
}

describe('one line for each call, under the id that its caller got', () => {
  test('over REST: of the gateway and of the service, whether the id is the caller’s or a new one', async () => {
    const named = await suite.rest('GET', '/guests', { headers: { 'x-request-id': NOBODY } })
    expect(named.headers.get('x-request-id')).toBe(NOBODY)
    const refused = await suite.rest('GET', `/guests/${NOBODY}`)
    const [, service] = await linesOf(refused.headers.get('x-request-id'), 'guests', 'gateway')
    expect(service).toMatchObject({ method: GET_GUEST.slice(1), code: 'NOT_FOUND', reason: 'RESOURCE_NOT_FOUND' })
    const [gateway] = await linesOf(NOBODY, 'guests', 'gateway')
    expect(gateway).toMatchObject({ http_method: 'GET', path: '/guests', status: 200 })
    expect(gateway).toMatchObject({ method: 'hotel.guests.v1.GuestService/ListGuests' })
  })

  test('over gRPC, through the gateway and direct', async () => {
    const message = Buffer.from(GetGuestRequest.encode({ id: NOBODY }).finish())
    const through = await rawCall(suite.gateway.address, GET_GUEST, { message, token: suite.testerToken })
    const [gateway] = await linesOf(through.requestId, 'guests', 'gateway')
    expect(gateway).toMatchObject({ method: GET_GUEST.slice(1), grpc_status: '5' })
    const direct = await rawCall(address('guests'), GET_GUEST, { message, token: suite.testerToken })
    expect(await linesOf(direct.requestId, 'guests')).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  test('also when gRPC itself refuses: an unknown method, a message that is too large or none', async () => {
    const cases = [
      ['/hotel.guests.v1.GuestService/Nothing', Buffer.alloc(0), 'UNIMPLEMENTED'],
      ['/nothing.At/All', Buffer.alloc(0), 'UNIMPLEMENTED'],
      [GET_GUEST, Buffer.alloc(5 * 1024 * 1024), 'RESOURCE_EXHAUSTED'],
      [GET_GUEST, Buffer.from([0xff, 0xff]), 'INVALID_ARGUMENT'],
    ] as const
    for (const [path, message, code] of cases) {
      const ended = await rawCall(address('guests'), path, { message, token: suite.testerToken })
      expect(ended.code).toBe(code)
      expect(await linesOf(ended.requestId, 'guests')).toMatchObject([{ code, method: path.slice(1) }])
    }
  })

  test('also when time runs out before it begins or while it waits, and when the caller gives up', async () => {
    const { id } = await reservation()
    const message = Buffer.from(
      UpdateReservationRequest.encode(UpdateReservationRequest.fromPartial({ id, note: 'late' })).finish(),
    )
    const call = (to: string, headers: Record<string, string>, cancelWhen?: Promise<unknown>) =>
      rawCall(to, UPDATE, { message, headers, token: suite.testerToken, ...(cancelWhen && { cancelWhen }) })
    const hasty = await call(address('reservations'), { 'grpc-timeout': '10m' })
    const [refused] = await linesOf(hasty.requestId, 'reservations')
    expect([hasty.code, refused?.code]).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'])
    // What the service does by itself would wait for the heads too.
    await followed(suite)
    await whileLocked(suite, 'reservations', async () => {
      const late = await call(address('reservations'), { 'grpc-timeout': '300m' })
      expect(await linesOf(late.requestId, 'reservations')).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }])
      const giveUp = async (to: string, id: string) => {
        // Not to take one that was given up before for this one.
        await noneWaiting(suite, 'reservations')
        return call(to, { 'x-request-id': id }, waiting(suite, 'reservations', 'Lock'))
      }
      expect(await giveUp(address('reservations'), 'given-up')).toMatchObject({ code: 'CANCELLED' })
      expect(await linesOf('given-up', 'reservations')).toMatchObject([{ code: 'CANCELLED' }])
      await giveUp(suite.gateway.address, 'given-up-too')
      const [, service] = await linesOf('given-up-too', 'gateway', 'reservations')
      expect(service).toMatchObject({ code: 'CANCELLED' })
    })
  })

  test('of a stream when it ends', async () => {
    const stop = new AbortController()
    const metadata = Metadata({ 'x-request-id': 'watched' })
    const watching = async () => {
      for await (const _ of suite.guests.watchGuests({ hotel: DEFAULT_HOTEL }, { metadata, signal: stop.signal }))
        stop.abort()
    }
    await guestAndRoom(suite)
    await expect(watching()).rejects.toThrow('aborted')
    const [line] = await linesOf('watched', 'guests')
    expect(line).toMatchObject({ method: 'hotel.guests.v1.GuestService/WatchGuests', code: 'CANCELLED' })
  })

  test('the id and the trace go on to the services that are asked, without a collector too', async () => {
    const answer = await suite.rest('POST', '/reservations', {
      body: { guest: NOBODY, room: NOBODY, in_date: day(), out_date: day(1) },
      headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, 'x-request-id': 'asks-others' },
    })
    expect(answer.status).toBe(400)
    const lines = await linesOf('asks-others', 'gateway', 'reservations', 'guests', 'rooms')
    for (const line of lines) expect(line.trace_id ?? line.traceparent).toContain(TRACE)
  })

  test('no line holds a name, a contact or a query', async () => {
    const body = { first_name: 'Zebedee', last_name: 'Quux', email: 'zebedee@example.org', phone: '+442079460958' }
    expect((await suite.rest('POST', '/guests', { body })).status).toBe(201)
    expect((await suite.rest('POST', '/guests', { body: { ...body, phone: 'call Zebedee' } })).status).toBe(400)
    const listed = await suite.rest('GET', '/guests?query=Zebedee')
    await linesOf(listed.headers.get('x-request-id'), 'guests', 'gateway')
    expect(suite.lines.filter((line) => /zebedee|quux|2079460958/i.test(line))).toEqual([])
  })
})

describe('metrics', () => {
  const scrape = async (service: 'guests' | 'rooms' | 'reservations', instance = 0) => {
    const text = await (await fetch(`http://${suite.stack.metricsAddresses[service][instance]}/metrics`)).text()
    const samples = new Map(
      text.split('\n').flatMap((line): [string, number][] => {
        const [, name, value] = /^([^#\s]\S*) (\S+)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, Number(value)]]
      }),
    )
    return { text, value: (name: string) => samples.get(name) ?? 0 }
  }
  const method = (service: string, name: string) =>
    `grpc_type="unary",grpc_service="hotel.${service}",grpc_method="${name}"`

  test('calls, codes and times by method, on a port of each instance; nothing that a caller makes up is a label', async () => {
    await rawCall(address('guests'), '/made.Up/ByACaller')
    await suite.guests.getGuest({ id: NOBODY }).catch(() => undefined)
    const [first, second] = [await scrape('guests', 0), await scrape('guests', 1)]
    const getGuest = method('guests.v1.GuestService', 'GetGuest')
    expect(first.value(`grpc_server_handled_total{${getGuest},grpc_code="NOT_FOUND"}`)).toBeGreaterThan(0)
    expect(first.value(`grpc_server_handling_seconds_count{${getGuest}}`)).toBeGreaterThan(0)
    const unknown = 'grpc_type="unary",grpc_service="unknown",grpc_method="unknown",grpc_code="UNIMPLEMENTED"'
    expect(first.value(`grpc_server_handled_total{${unknown}}`)).toBeGreaterThan(0)
    expect(first.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
    expect(second.value('db_client_connection_max')).toBe(20)
    for (const { text } of [first, second, await scrape('rooms'), await scrape('reservations')])
      expect(text).not.toMatch(/made\.Up|ByACaller|[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  test('each is described, in HELP and in the docs', async () => {
    const docs = await readFile(path.join(import.meta.dirname, '..', '..', 'docs', 'operating.md'), 'utf8')
    for (const service of ['guests', 'rooms', 'reservations'] as const) {
      const { text } = await scrape(service)
      const names = [...text.matchAll(/^# TYPE ((?:hotel|grpc|db|redis)_\S+)/gm)].map(([, name = '']) => name)
      expect(names.length).toBeGreaterThan(10)
      for (const name of names) {
        expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.*\\.$`, 'm'))
        expect(docs).toContain(`\`${name}\``)
      }
    }
    const gateway = await fetch(`http://127.0.0.1:${suite.stack.gateway?.adminPort}/stats/prometheus`)
    const theirs = await gateway.text()
    for (const [, name] of docs.matchAll(/`(envoy_\w+)`/g)) expect(theirs).toContain(`# TYPE ${name} `)
  })

  test('conflicts by reason: a room that is taken, an etag that is old, a deadlock that is resolved', async () => {
    const { id, guest, room } = await reservation()
    const before = await scrape('reservations')
    await expect(
      suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) }),
    ).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await expect(suite.reservations.deleteReservation({ id, etag: '"7"' })).rejects.toRefuse(
      Status.ABORTED,
      'ETAG_MISMATCH',
    )
    const { crossed } = await crossLock(suite, id)
    expect(await suite.reservations.updateReservation({ id, note: 'tried again' })).toMatchObject({
      note: 'tried again',
    })
    await crossed
    const after = await scrape('reservations')
    const grown = (name: string) => after.value(name) - before.value(name)
    const refusals = (name: string, reason: string) =>
      grown(
        `hotel_refusals_total{grpc_service="hotel.reservations.v1.ReservationService",grpc_method="${name}",reason="${reason}"}`,
      )
    expect(refusals('CreateReservation', 'ROOM_NOT_AVAILABLE')).toBe(1)
    expect(refusals('DeleteReservation', 'ETAG_MISMATCH')).toBe(1)
    // Once more when the repeat comes before the other, who waits still.
    expect(grown('hotel_transaction_retries_total{sqlstate="40P01"}')).toBeGreaterThanOrEqual(1)
  })

  test('how far the replicas are behind, and which writes wait for others', async () => {
    const { id } = await reservation()
    const isCaughtUp = () =>
      eventually(async () => {
        const { value } = await scrape('reservations')
        expect(value('hotel_feed_lag_changes{feed="guests"}') + value('hotel_feed_lag_seconds{feed="guests"}')).toBe(0)
        expect(value('hotel_replica_age_seconds{feed="guests"}')).toBeLessThan(60)
        expect(value('hotel_writes_waiting')).toBe(0)
      })
    await isCaughtUp()
    let settled: Promise<unknown> | undefined
    await whileLocked(suite, 'reservations', async () => {
      await suite.guests.createGuest({ first_name: 'Behind' })
      const writes = Array.from({ length: 14 }, () => suite.reservations.updateReservation({ id, note: 'waits' }))
      settled = Promise.all(writes)
      await eventually(async () => {
        const { value } = await scrape('reservations')
        expect(value('hotel_feed_lag_changes{feed="guests"}')).toBe(1)
        expect(value('hotel_feed_lag_seconds{feed="guests"}')).toBeGreaterThan(0)
        // One of a hotel waits in the database; what the service itself applies may wait too.
        expect(value('hotel_writes_waiting')).toBeGreaterThanOrEqual(14)
      })
    })
    await settled
    await isCaughtUp()
  })

  test('who waits for a connection of the database', async () => {
    let settled: Promise<unknown> | undefined
    // Reads take 16 connections at most, ten of them for one caller; writes of eight hotels take as many.
    const other = suite.clientsWith(await suite.token({ subject: 'another desk' })).direct
    const locations = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { id: hotel } = await suite.hotels.createHotel({ name: 'Hotel' })
        return (await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })).id
      }),
    )
    const act = async () => {
      const reads = [suite.rooms, other.rooms].flatMap((rooms) => Array.from({ length: 12 }, () => rooms.listRooms({})))
      const writes = locations.map((location) => suite.rooms.createRoom({ location, number: freshNumber() }))
      settled = Promise.all([...reads, Promise.allSettled(writes)])
      await eventually(async () => {
        const { value } = await scrape('rooms')
        // The work of the other instance may wait, too.
        expect((await waiting(suite, 'rooms', 'Lock')).length).toBeGreaterThanOrEqual(20)
        expect(value('db_client_connection_count{state="used"}')).toBe(20)
        expect(value('db_client_connection_pending_requests')).toBeGreaterThanOrEqual(1)
      })
    }
    await whileLocked(suite, 'rooms', act, 'lock table room in access exclusive mode')
    await settled
    const { value } = await scrape('rooms')
    expect(value('db_client_connection_pending_requests')).toBe(0)
    expect(value('db_client_connection_wait_time_seconds_count')).toBeGreaterThan(24)
  })
})
