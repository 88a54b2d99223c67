import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { makeKey, signed } from '../access/keys.ts'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: 1 })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const get = (token: string | undefined, headers: Record<string, string> = {}): Promise<RestAnswer> =>
  suite.rest('GET', '/rooms', { token, headers })
const statuses = async (...answers: Promise<RestAnswer>[]) =>
  (await Promise.all(answers)).map(({ status }) => status).sort()
const limitOf = (answer: RestAnswer) => answer.headers.get('x-ratelimit-limit')

test('each subject has its own requests, whichever token, door and resource it uses', async () => {
  const alice = await suite.token({ subject: 'alice' })
  const again = await suite.token({ subject: 'alice', ttlSeconds: 60 })
  const bob = await suite.token({ subject: 'bob' })
  const overGrpc = suite.clientsWith(again).gateway.guests.listGuests({})
  const outcomes = await Promise.allSettled([overGrpc])
  expect(outcomes[0]).toMatchObject({ status: 'fulfilled' })
  const others = [get(alice), get(again), get(alice, { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' })]
  expect(await statuses(...others)).toEqual([429, 429, 429])
  expect((await get(bob)).status).toBe(200)
  await eventually(async () => expect((await get(alice)).status).toBe(200))
})

test.each([
  ['standard', '1'],
  ['desk', '20'],
  ['internal', '1000'],
  ['gold', '1'],
  ['INTERNAL', '1'],
  ['', '1'],
])('the tier "%s" of a token has %s requests a second', async (tier, rate) => {
  const token = await suite.token({ subject: `of tier ${tier}`, tier })
  const answer = await get(token)
  expect([answer.status, limitOf(answer)]).toEqual([200, rate])
})

test('the desk has twenty requests at once, and then some a second', async () => {
  const token = await suite.token({ subject: 'desk', tier: 'desk' })
  const codes = await statuses(...Array.from({ length: 60 }, () => get(token)))
  const passed = codes.filter((status) => status === 200).length
  expect(passed).toBeGreaterThanOrEqual(20)
  expect(codes.filter((status) => status === 429).length).toBeGreaterThan(0)
  expect(passed + codes.filter((status) => status === 429).length).toBe(60)
})

test('a tier that is no text is standard, and so is a token without one', async () => {
  for (const tier of [7, ['internal'], { internal: true }, null]) {
    const answer = await get(await suite.token({ subject: `tier ${JSON.stringify(tier)}`, tier: tier as never }))
    expect([answer.status, limitOf(answer)]).toEqual([200, '1'])
  }
  const none = await get(await suite.token({ subject: 'without a tier' }))
  expect([none.status, limitOf(none)]).toEqual([200, '1'])
})

test('failed authentications are limited by address, whatever they claim to be, and cost nobody else anything', async () => {
  const stranger = makeKey()
  const forged = (n: number) => signed(stranger, { claims: { sub: `somebody ${n}`, tier: 'internal' } })
  const attempts = [
    get(undefined),
    get('nonsense'),
    get(forged(1)),
    get(forged(2), { 'x-forwarded-for': '203.0.113.9' }),
    get(await suite.token({ ttlSeconds: -60, tier: 'internal' })),
    get(signed(stranger, { claims: { sub: 'carol' } })),
  ]
  const codes = await statuses(...attempts)
  // One of them is answered; those that are over the limit are not even looked at.
  expect(codes.filter((status) => status === 401).length).toBeLessThanOrEqual(2)
  expect(codes.filter((status) => status === 429).length).toBeGreaterThanOrEqual(4)
  const carol = await suite.token({ subject: 'carol' })
  expect((await get(carol)).status).toBe(200)
  const grpc = suite.clientsWith(forged(3)).gateway.rooms
  const ends = await Promise.allSettled([grpc.listRooms({}), grpc.listRooms({}), grpc.listRooms({})])
  expect(ends.filter((end) => end.status === 'fulfilled')).toEqual([])
  expect(ends).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({ code: Status.RESOURCE_EXHAUSTED }),
  })
})
