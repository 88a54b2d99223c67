import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'

/** Of a client in a second. A call of availability counts as two of them. */
const REQUESTS = 40
const nights = { in_date: day(1), out_date: day(3) }
const query = new URLSearchParams(nights)

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: REQUESTS })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

let clients = 0

/** Of a client that has made no call yet. */
function freshToken(): Promise<string> {
  clients += 1
  return suite.token({ subject: `client ${clients}` })
}

/** So many requests at once. */
function burst(token: string, path: string, count = REQUESTS): Promise<RestAnswer[]> {
  return Promise.all(Array.from({ length: count }, () => suite.rest('GET', path, { token })))
}

const refused = (answers: readonly RestAnswer[]) => answers.filter(({ status }) => status === 429)

test.each(['/room_availability', '/room_availability/', '//room_availability', '/room_type_availability'])(
  'of %s half as many calls pass as of a method that counts as one request',
  async (path) => {
    // A client of its own each time: on a machine that stands still in between, a second's calls may come twice.
    await eventually(async () => {
      const answers = await burst(await freshToken(), `${path}?${query}`)
      const late = refused(answers)
      expect(answers.length - late.length).toBeGreaterThanOrEqual(REQUESTS / 2)
      expect(late.length).toBeGreaterThan(0)
      for (const { headers, json } of late) {
        const metadata = { policy: 'dear-calls' }
        expect(json).toMatchObject({ code: 8, details: [{ reason: 'RATE_LIMITED', domain: 'hotel', metadata }] })
        expect(headers.get('x-ratelimit-policy')).toBe('dear-calls')
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      }
    })
    expect(refused(await burst(await freshToken(), '/rooms'))).toEqual([])
  },
)

test('both methods and both doors share what a client has of them; another client has its own', async () => {
  await eventually(async () => {
    const [token, another] = await Promise.all([freshToken(), freshToken()])
    const { availability } = suite.clientsWith(token).gateway
    const half = Array.from({ length: REQUESTS / 2 })
    const [overGrpc, overRest] = await Promise.all([
      Promise.allSettled(half.map(() => availability.listRoomTypeAvailability(nights))),
      burst(token, `/room_availability?${query}`, REQUESTS / 2),
    ])
    const failures = overGrpc.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    for (const failure of failures) expect(failure).toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
    expect(failures.length + refused(overRest).length).toBeGreaterThan(0)
    const others = await burst(another, `/room_availability?${query}`, REQUESTS / 2)
    expect(refused(others)).toEqual([])
  })
})

test('a client of one request a second can make a dear call, and the next when it is told to', async () => {
  await using slow = await sharedSuite({ requestsPerSecond: 1 })
  const call = () => slow.rest('GET', `/room_availability?${query}`)
  expect((await call()).status).toBe(200)
  const late = await eventually(async () => {
    const answer = await call()
    expect(answer.headers.get('x-ratelimit-policy')).toBe('dear-calls')
    return answer
  })
  // What the client is told to wait, and not a moment that something takes.
  await setTimeout(Number(late.headers.get('retry-after')) * 1_000)
  expect((await call()).status).toBe(200)
})
