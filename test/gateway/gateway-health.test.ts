import { HealthDefinition, HealthCheckResponse_ServingStatus as Serving } from '@hotel/proto/grpc/health/v1/health'
import { LIVE } from '@hotel/runtime/server/health'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Channel, createChannel, createClient, Status } from 'nice-grpc'
import { framed, rawGrpc } from '../edge/raw-grpc.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
let channel: Channel
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  channel = createChannel(suite.gateway.address)
})
afterEach(() => channel.close())

const health = (at = channel) => createClient(HealthDefinition, at)
const stateOf = async (service: string) => (await health().check({ service })).status
const names: Readonly<Record<ServiceName, readonly string[]>> = {
  guests: ['hotel.guests.v1.GuestService'],
  rooms: ['Hotel', 'Location', 'RoomType', 'Room', 'Employee'].map((name) => `hotel.rooms.v1.${name}Service`),
  reservations: ['Reservation', 'Availability', 'RoomBlock'].map((name) => `hotel.reservations.v1.${name}Service`),
}
const allNames = ['', ...Object.values(names).flat()]

/** A watch of a name: what it has been told so far, and whether it has ended. */
function watch(service: string) {
  const stop = new AbortController()
  const seen = { states: [] as Serving[], ended: undefined as unknown, stop: () => stop.abort() }
  const run = async () => {
    for await (const { status } of health().watch({ service }, { signal: stop.signal })) seen.states.push(status)
  }
  run().then(
    () => (seen.ended = 'over'),
    (error) => (seen.ended = error),
  )
  return seen
}

test('health is known at the gateway by the name of each service, without a token', async () => {
  const served = ['v1', 'v1alpha'].map((version) => `grpc.reflection.${version}.ServerReflection`)
  for (const name of [...allNames, ...served, 'grpc.health.v1.Health', LIVE])
    expect([name, await stateOf(name)]).toEqual([name, Serving.SERVING])
  for (const name of ['hotel.feed.v1.FeedService', 'hotel', 'hotel.feed.guests', 'constructor', 'x'.repeat(4_000)])
    await expect(stateOf(name)).rejects.toMatchObject({ code: Status.NOT_FOUND })
})

test('and at the port of the service itself', async () => {
  for (const service of serviceNames) {
    const direct = createChannel(suite.stack.addresses[service][0] ?? '')
    for (const name of ['', LIVE, ...names[service]])
      expect((await health(direct).check({ service: name })).status).toBe(Serving.SERVING)
    direct.close()
  }
})

test.each(serviceNames)(
  '%s that hangs is told at once to who watches, as /healthz tells it, and to no other',
  async (hung) => {
    const [name = ''] = names[hung]
    const other = names[hung === 'guests' ? 'rooms' : 'guests'][0] ?? ''
    const watches = ['', name, other].map(watch)
    await eventually(async () =>
      expect(watches.map(({ states }) => states)).toEqual(watches.map(() => [Serving.SERVING])),
    )
    const pid = suite.stack.services[hung].instances[0]?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    try {
      await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(503), 20_000)
      const expected = (of: string) => (of === '' || names[hung].includes(of) ? Serving.NOT_SERVING : Serving.SERVING)
      await eventually(async () => {
        for (const of of allNames) expect([of, await stateOf(of)]).toEqual([of, expected(of)])
      })
      expect(await stateOf(LIVE)).toBe(Serving.SERVING)
      await eventually(async () => {
        const last = watches.map(({ states }) => states.at(-1))
        expect(last).toEqual([Serving.NOT_SERVING, Serving.NOT_SERVING, Serving.SERVING])
      })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(200), 20_000)
    const [down, up] = [Serving.NOT_SERVING, Serving.SERVING]
    await eventually(async () =>
      expect(watches.map(({ states }) => states)).toEqual([[up, down, up], [up, down, up], [up]]),
    )
    expect(watches.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined])
    for (const { stop } of watches) stop()
  },
)

test('a watch of a name that is not known stays open, too', async () => {
  const seen = watch('nothing')
  await eventually(async () => expect(seen.states).toEqual([Serving.SERVICE_UNKNOWN]))
  expect(seen.ended).toBeUndefined()
  seen.stop()
})

test('what is no request is refused, and watches are a hundred at once', async () => {
  const ask = (body: Buffer) => rawGrpc(suite.gateway.address, '/grpc.health.v1.Health/Check', { body })
  expect((await ask(framed(Buffer.alloc(5_000)))).code).toBe('RESOURCE_EXHAUSTED')
  for (const body of [
    Buffer.alloc(0),
    Buffer.alloc(4),
    framed(3),
    framed(Buffer.from([0x0a, 0x7f])),
    framed(Buffer.alloc(0), true),
  ])
    expect((await ask(body)).code).toBe('INVALID_ARGUMENT')
  // A connection takes a hundred streams.
  const others = createChannel(suite.gateway.address, undefined, { 'grpc.use_local_subchannel_pool': 1 })
  const first = Array.from({ length: 99 }, () => watch(''))
  await eventually(async () => expect(first.filter(({ states }) => states.length === 1)).toHaveLength(99))
  const more = Array.from({ length: 3 }, () => health(others).watch({})[Symbol.asyncIterator]().next())
  const settled = await Promise.allSettled(more)
  expect(settled.filter(({ status }) => status === 'rejected')).toMatchObject(
    [0, 1].map(() => ({ reason: { code: Status.RESOURCE_EXHAUSTED } })),
  )
  others.close()
  for (const { stop } of first) stop()
  await eventually(async () => {
    const again = watch('')
    await eventually(async () => expect(again.states).toEqual([Serving.SERVING]), 1_000)
    again.stop()
  })
})
