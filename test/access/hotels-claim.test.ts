import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { contentOf, lockedHeads, settled } from '../full-hotel/contents.ts'
import { buildHouse, type FullHotel, hotelsOf, noHouse } from '../full-hotel/full-hotel.ts'
import { requestsAbout } from '../full-hotel/requests.ts'
import type { AboutFullHotel } from '../full-hotel/requests-of-method.ts'
import { type CallAs, idsTold, methods, mixed, openCallAs, withoutIds } from '../full-hotel/walk.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'

/** Of a new hotel, which is nobody's yet: a token of every hotel is demanded. */
const NEEDS_EVERY_HOTEL = ['HotelService/CreateHotel']

let suite: Suite
let calls: { callAs: CallAs; close(): void }
/** The one that others have, two of the caller's, and one for each kind of token that may do all. */
const houses = {} as Record<'hidden' | 'own' | 'another' | 'byOne' | 'bySeveral' | 'byEvery', FullHotel>
let nowhere: FullHotel
beforeAll(async () => {
  suite = await startSuite({ gateway: false })
  calls = openCallAs(suite)
  for (const name of ['hidden', 'own', 'another', 'byOne', 'bySeveral', 'byEvery'] as const)
    houses[name] = await buildHouse(suite)
  nowhere = noHouse(houses.hidden)
})
afterAll(async () => {
  calls?.close()
  await suite?.[Symbol.asyncDispose]()
})

test('the table of requests has every method of the API, and no others', () => {
  expect(Object.keys(requestsAbout(nowhere)).sort()).toEqual(methods.map(({ name }) => name).sort())
})

describe('to a token of other hotels what a hotel has is what does not exist', () => {
  let before: Awaited<ReturnType<typeof settled>>
  let writers: AsyncDisposable | undefined
  afterAll(async () => {
    await writers?.[Symbol.asyncDispose]()
  })
  test('all is at rest, and a writer of that hotel is under way in each service, for whom nobody waits', async () => {
    before = await settled(suite)
    writers = await lockedHeads(suite, hotelsOf(houses.hidden))
  })

  /** Demands that a request about the hidden house is answered as the same one about what does not exist, to the letter. */
  async function demandNothingTold(
    hotels: readonly string[],
    { name, method }: (typeof methods)[number],
    requests: readonly AboutFullHotel[],
    unknown: readonly AboutFullHotel[],
  ): Promise<void> {
    for (const [index, about] of requests.entries()) {
      const hidden = await calls.callAs(hotels, method, about)
      const never = await calls.callAs(hotels, method, unknown[index] as AboutFullHotel)
      expect(never.code).not.toBe('INTERNAL')
      expect(withoutIds(hidden, houses.hidden)).toBe(withoutIds(never, nowhere))
      expect({ name, told: idsTold(houses.hidden, hidden, about) }).toEqual({ name, told: [] })
    }
  }

  const kinds: [string, () => string[]][] = [
    ['no hotel', () => []],
    ['another hotel', () => hotelsOf(houses.own)],
    ['several other hotels', () => [...hotelsOf(houses.own), ...hotelsOf(houses.another)]],
  ]
  describe.each(kinds)('with a token of %s', (_, hotels) => {
    test.each(methods)('$name', async (of) => {
      const about = (house: FullHotel) => requestsAbout(house)[of.name] ?? []
      await demandNothingTold(hotels(), of, about(houses.hidden), about(nowhere))
    })
  })

  // These decide about whatever the hotel that is named has or will have under an id, and that stays.
  const mixable = methods.filter(({ name }) => !/^RetirementService\/\w+Guest$/.test(name))
  test.each(mixable)('$name, which for the rest is about what is the caller’s', async (of) => {
    const about = (house: FullHotel) => requestsAbout(house)[of.name] ?? []
    const requests = mixed(about, houses.own, houses.hidden)
    await demandNothingTold(hotelsOf(houses.own), of, requests, mixed(about, houses.own, nowhere))
  })

  test('nothing has changed, and no idempotency key is spent', async () => {
    for (const name of serviceNames) expect(await contentOf(suite, name)).toEqual(before[name])
  })
})

describe('the same requests are good', () => {
  const kinds: [string, () => { house: FullHotel; hotels: string[] }][] = [
    ['of that hotel', () => ({ house: houses.byOne, hotels: hotelsOf(houses.byOne) })],
    [
      'of that hotel and others',
      () => ({ house: houses.bySeveral, hotels: [...hotelsOf(houses.own), ...hotelsOf(houses.bySeveral)] }),
    ],
    ['of every hotel', () => ({ house: houses.byEvery, hotels: ['*'] })],
  ]
  describe.each(kinds)('with a token %s', (kind, of) => {
    test.each(methods)('$name', async ({ name, method }) => {
      const { house, hotels } = of()
      const isRefused = NEEDS_EVERY_HOTEL.includes(name) && kind !== 'of every hotel'
      for (const about of requestsAbout(house)[name] ?? []) {
        const answered = await calls.callAs(hotels, method, about)
        expect(answered).toMatchObject({ code: isRefused ? 'PERMISSION_DENIED' : 'OK' })
        const text = JSON.stringify(answered.answer)
        if (name === 'TransferService/Import') expect(text).toContain('CREATED')
        // A history and what comes from now on do not name the hotel.
        if (/\/(List(?!\w*History)|Watch|Export)/.test(name) && about.request.from_now !== true)
          expect(text).toContain(house.ids.hotel)
      }
    })
  })
})
