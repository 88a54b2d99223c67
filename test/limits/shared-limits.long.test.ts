import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { perService } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type ClientError, Metadata } from 'nice-grpc'
import { findRateLimitService } from '../../stack/setup/binaries.mjs'
import { createClients } from '../harness/clients.ts'
import { startOwnGateway } from '../harness/own-gateway.ts'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, guestAndRoom } from '../support/hotel.ts'
import { type RateLimitService, startRateLimitService } from './rate-limit-service.ts'

/** Requests a second of a client, and changes of status a minute of a reservation. */
const [REQUESTS, CHANGES] = [5, 1]
const limits = { requestsPerSecond: REQUESTS, statusChangesPerMinute: CHANGES }
const described = findRateLimitService() === undefined ? describe.skip : describe

described('two gateways that share their limits', () => {
  /** Its own gateway counts for itself. */
  let suite: Suite
  let service: RateLimitService
  /** `host:port` of each. */
  const gateways: string[] = []
  const closing = new AsyncDisposableStack()
  beforeAll(async () => {
    suite = closing.use(await sharedSuite({ ...limits, hotels: 'every' }))
    const endpoints = {
      GUESTS_ADDRESS: '127.0.0.1:1',
      ROOMS_ADDRESS: '127.0.0.1:1',
      RESERVATIONS_ADDRESS: '127.0.0.1:1',
    }
    service = closing.use(
      await startRateLimitService({
        ...(suite.stack.issuer?.env ?? {}),
        ...endpoints,
        RATE_LIMIT_PER_SECOND: String(REQUESTS),
        STATUS_RATE_LIMIT_PER_MINUTE: String(CHANGES),
      }),
    )
    for (let n = 0; n < 2; n++) {
      const { gateway, stop } = await startOwnGateway(
        suite.stack,
        { ...limits, rateLimitService: service.address },
        () => {},
      )
      closing.defer(stop)
      gateways.push(`127.0.0.1:${gateway.port}`)
    }
  })
  afterAll(() => closing.disposeAsync())

  let callers = 0
  const newToken = () => suite.token({ subject: `caller ${++callers}` })
  const ask = async (address: string, token: string | undefined, method = 'GET', path = '/rooms', body?: object) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const answer = await fetch(`http://${address}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) } as RestAnswer
  }
  /** How many of twice as many as each may let through a new client gets through both together. */
  const passed = async () => {
    const token = await newToken()
    const calls = gateways.flatMap((address) => Array.from({ length: 2 * REQUESTS }, () => ask(address, token)))
    const answers = await Promise.all(calls)
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    expect(count(200) + count(429)).toBe(answers.length)
    return count(200)
  }
  const newReservation = async () => {
    const { guest, room } = await guestAndRoom(suite)
    return (await suite.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })).id
  }
  const checkIn = async (address: string, id: string) =>
    ask(address, await newToken(), 'PATCH', `/reservations/${id}`, { status: 'CHECKED_IN' })

  // The service counts from full second to full second, and minute to minute: what falls on both sides of one is tried again.
  test('a client gets through both together what it gets through one', async () => {
    await eventually(async () => expect(await passed()).toBe(REQUESTS), 20_000)
  })

  test('a reservation has one change of status a minute, whichever gateway it comes by', async () => {
    await eventually(async () => {
      const id = await newReservation()
      expect((await checkIn(gateways[0] ?? '', id)).status).toBe(200)
      const again = await checkIn(gateways[1] ?? '', id)
      expect([again.status, again.json.details[0].metadata.policy]).toEqual([429, 'reservation-status-per-minute'])
      expect(Number(again.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    }, 20_000)
  })

  /** What a refusal says, but for what differs from one to the next. */
  const words = ({ status, headers, json }: RestAnswer) => {
    const varying = ['date', 'x-request-id']
    const shown = [...headers].filter(([name]) => !varying.includes(name))
    return { status, json, headers: shown.map(([name, value]) => [name, value.replace(/^\d+$/, 'n')]) }
  }
  /** The second of two changes of status of a reservation. */
  const refusal = async (first: string, second: string) => {
    const id = await newReservation()
    await checkIn(first, id)
    return checkIn(second, id)
  }

  test('refuses in the same words as a gateway that counts for itself', async () => {
    const own = suite.gateway.address
    const expected = words(await refusal(own, own))
    expect(expected).toMatchObject({ status: 429, json: { code: 8 } })
    await eventually(async () => {
      expect(words(await refusal(gateways[0] ?? '', gateways[1] ?? ''))).toEqual(expected)
    }, 20_000)
  })

  test('and over gRPC', async () => {
    const told = async (first: string, second: string) => {
      const id = await newReservation()
      await checkIn(first, id)
      const { clients, close } = createClients(
        perService(() => second),
        await newToken(),
      )
      let trailer = Metadata()
      const onTrailer = (given: Metadata) => (trailer = given)
      const error = await clients.reservations
        .updateReservation({ id, status: Reservation_Status.CHECKED_IN }, { onTrailer, onHeader: onTrailer })
        .catch((error: ClientError) => error)
      close()
      const names = [...trailer].map(([name]) => name).filter((name) => !['date', 'x-request-id'].includes(name))
      const { code, details } = error as ClientError
      return { code, details, names: names.sort(), words: String(trailer.get('grpc-status-details-bin')) }
    }
    const expected = await told(suite.gateway.address, suite.gateway.address)
    expect(expected).toMatchObject({ code: 8 })
    await eventually(async () => {
      expect(await told(gateways[0] ?? '', gateways[1] ?? '')).toEqual(expected)
    }, 20_000)
  })

  test('each answer has the numbers of one limit, that with less left', async () => {
    await eventually(async () => {
      const token = await newToken()
      const left = []
      for (const address of [...gateways, ...gateways]) {
        const { headers } = await ask(address, token)
        expect(headers.get('x-ratelimit-limit')).toBe(String(REQUESTS))
        expect(headers.get('x-ratelimit-reset')).toMatch(/^[01]$/)
        left.push(headers.get('x-ratelimit-remaining'))
      }
      expect(left).toEqual(['4', '3', '2', '1'])
    }, 20_000)
  })

  test('what is public is not counted', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`http://${gateways[0]}/healthz`)))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })

  test('while the service is away, each gateway counts for itself, and nothing fails', async () => {
    await service.kill()
    await eventually(async () => expect(await passed()).toBe(2 * REQUESTS), 20_000)
    await service.start()
    await eventually(async () => expect(await passed()).toBe(REQUESTS), 20_000)
  })
})
