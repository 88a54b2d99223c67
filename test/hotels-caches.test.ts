import type { Clients } from '@hotel/stack/clients'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type CacheSuite, lists, startCacheSuite } from './cache-suite.ts'
import { day, eventually } from './hotel.ts'
import { buildHouse, type House, hotelsOf } from './house/house.ts'

let cached: CacheSuite
let houses: { hidden: House; own: House }
const as = {} as Record<'hidden' | 'own' | 'every', Clients>
beforeAll(async () => {
  cached = await startCacheSuite()
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

test('a reservation that is kept by its id is not given to a token of another hotel', async () => {
  const { guest, free_room: room } = houses.hidden.ids
  const { id } = await as.hidden.reservations.createReservation({ guest, room, in_date: day(300), out_date: day(301) })
  // It is kept for two seconds only: a machine that was busy for so long gets another try.
  await eventually(async () => {
    await as.every.reservations.getReservation({ id })
    const before = await cached.reads('reservation', 'hit')
    expect(await as.hidden.reservations.getReservation({ id })).toMatchObject({ id })
    await expect(as.own.reservations.getReservation({ id })).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND', {
      resource: 'reservation',
      id,
    })
    expect(await cached.reads('reservation', 'hit')).toBe(before + 2)
  })
})

test.each(lists)('%s: pages that are kept for others are not given to a token of another hotel', async (list) => {
  const { hotel, location } = houses.hidden.ids
  const hits = () => cached.reads('stays', 'hit')
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
