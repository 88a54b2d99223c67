import { openFeedListener } from '@hotel/runtime/changes/feed-listener'
import type { Logger } from '@hotel/runtime/process/log'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { beginWatch, newHotel } from '../feeds/watching.ts'
import { withholdingProxy } from '../feeds/withholding-proxy.ts'
import { refusalOf } from '../harness/matchers.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('calls of an instance that hangs end by themselves, with when to repeat; a watch goes on as long as it likes', async () => {
  const hotel = await newHotel(suite)
  const { id } = await suite.guests.createGuest({ first_name: 'Ada' })
  const watching = await beginWatch(suite, { collection: 'rooms', query: { hotel } })
  await watching.answers.next()
  const hung = suite.stack.services.guests.instances[0]?.pid ?? 0
  process.kill(hung, 'SIGSTOP')
  let rest: Awaited<ReturnType<Suite['rest']>>[]
  let grpc: PromiseSettledResult<unknown>[]
  try {
    const requests = [
      suite.rest('GET', `/guests/${id}`),
      suite.rest('POST', '/guests', { body: { first_name: 'Grace' } }),
      suite.rest('PATCH', `/guests/${id}`, { body: { last_name: 'Lovelace' } }),
    ]
    const calls = [suite.gateway.guests.getGuest({ id }), suite.gateway.guests.createGuest({ first_name: 'Grace' })]
    rest = await Promise.all(requests)
    grpc = await Promise.allSettled(calls)
  } finally {
    process.kill(hung, 'SIGCONT')
  }
  const known = ['UNAVAILABLE', 'DEADLINE_EXCEEDED']
  for (const { status, headers, json } of rest) {
    expect([503, 504]).toContain(status)
    expect([known.includes(json.details[0].reason), headers.get('retry-after')]).toEqual([true, '1'])
  }
  for (const call of grpc) {
    const { code, reason } = refusalOf((call as PromiseRejectedResult).reason) as { code: string; reason: string }
    expect([known.includes(code), reason]).toEqual([true, code])
  }
  // By the longest time that a call may take, and not for its stream's silence, which goes on for longer.
  const lines = await eventually(async () => {
    const lines = suite.lines.filter((line) => line.includes('GuestService/') && /"status":"?50[34]/.test(line))
    expect(lines.length).toBeGreaterThanOrEqual(rest.length)
    return lines
  })
  expect(lines.filter((line) => /"flags":"[^"]*SI/.test(line))).toEqual([])
  const { id: room } = await suite.rooms.createRoom({ number: 'seen', location: await locationOf(hotel) })
  for await (const { changes } of watching.answers) if (changes.some((change) => change.room?.id === room)) break
  watching.stop()
  await eventually(async () => expect((await suite.rest('GET', `/guests/${id}`)).status).toBe(200))
})

test('a listener whose connection gets no answer any more, and no end either, is neither ready nor deaf: it listens again', async () => {
  const hotel = await newHotel(suite)
  const url = new URL(suite.stack.databaseUrls.rooms)
  await using proxy = await withholdingProxy(url.hostname, Number(url.port))
  url.host = proxy.address
  const warnings: string[] = []
  const log = { warn: (_fields: unknown, message: string) => warnings.push(message) } as unknown as Logger
  const heads = openFeedListener(url.href, log)
  const ending = new AbortController()
  try {
    const following = heads.follow(ending.signal, hotel)
    await eventually(async () => expect(await heads.ask('select 1 as one', 1_000)).toEqual([{ one: 1 }]))
    await following.moved(0)
    proxy.withhold()
    await expect(heads.ask('select 1', 100)).rejects.toThrow('does not answer')
    await suite.locations.createLocation({ hotel, name: 'There', time_zone: 'UTC' })
    const { heads: moved } = await following.moved(20_000)
    expect([...moved.keys()]).toEqual([hotel])
    expect(warnings).toEqual(['feed listener lost its connection'])
    expect(await heads.ask('select 1 as one', 1_000)).toEqual([{ one: 1 }])
  } finally {
    ending.abort()
    await heads.close()
  }
})

async function locationOf(hotel: string): Promise<string> {
  return (await suite.locations.createLocation({ hotel, name: 'Here', time_zone: 'UTC' })).id
}
