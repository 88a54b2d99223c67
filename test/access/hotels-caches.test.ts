import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type CacheSuite, cacheSuiteOf, lists } from '../cache/cache-suite.ts'
import { buildHouse, type FullHotel, hotelsOf } from '../full-hotel/full-hotel.ts'
import type { Clients } from '../harness/clients.ts'
import { startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let cached: CacheSuite
let houses: { hidden: FullHotel; own: FullHotel }
const as = {} as Record<'hidden' | 'own' | 'every', Clients>
beforeAll(async () => {
  cached = await cacheSuiteOf(await startSuite({ gateway: false, instances: { reservations: 2 } }))
  const { suite } = cached
  await eventually(async () => expect(await cached.metric('redis_up')).toBe(2))
  houses = { hidden: await buildHouse(suite), own: await buildHouse(suite) }
  for (const name of ['hidden', 'own'] as const)
    as[name] = suite.clientsWith(await suite.token({ hotels: hotelsOf(houses[name]) })).direct
  as.every = suite.clientsWith(await suite.token()).direct
})
afterAll(async () => {
  await cached?.[Symbol.asyncDispose]()
})

test.each(lists)('%s: pages that are kept for others are not given to a token of another hotel', async (list) => {
  const { hotel, location } = houses.hidden.ids
  const hits = () => cached.reads('hit')
  const hotelsIn = async ({ reservations }: Clients, request: object = {}) =>
    new Set((await reservations[list](request)).reservations.map((stay) => stay.hotel))
  for (const filter of [{}, { hotel }, { location }, { hotel, location }]) {
    await eventually(async () => {
      const before = await hits()
      // The second time it is there.
      for (const clients of [as.every, as.hidden, as.every, as.hidden])
        expect(await hotelsIn(clients, filter)).toContain(hotel)
      expect(await hits()).toBeGreaterThan(before)
    })
    const own = 'hotel' in filter || 'location' in filter ? [] : [houses.own.ids.hotel]
    expect(await hotelsIn(as.own, filter)).toEqual(new Set(own))
    expect(await hotelsIn(as.own, filter)).toEqual(new Set(own))
    expect(await hotelsIn(as.every, filter)).toContain(hotel)
  }
})
