import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { serviceScopes } from '@hotel/stack/identity/scopes'
import { perService, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { testFolder } from '../harness/test-cluster.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { jwksOf, type Key, type KeyServer, makeKey, serveKeys, signed } from './keys.ts'

// An issuer as there is one in production: its tokens, those of the services included, are made elsewhere.
const ISSUER = 'https://issuer.example'
const first = makeKey('RS256')
const HOTELS = 'https://hotel.example/hotels'
const TIER = 'https://hotel.example/tier'
const by = (key: Key, claims: object = {}) =>
  signed(key, { claims: { iss: ISSUER, hotels: undefined, [HOTELS]: '*', [TIER]: 'internal', ...claims } })
const closing = new AsyncDisposableStack()
let keys: KeyServer
let suite: Suite
beforeAll(async () => {
  keys = closing.use(await serveKeys())
  keys.jwks = jwksOf(first)
  const folder = await testFolder()
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const serviceTokenFiles = perService((name) => path.join(folder, `${name}-token`))
  for (const name of serviceNames) {
    const scope = serviceScopes[name].join(' ')
    await writeFile(serviceTokenFiles[name], `${by(first, { sub: `${name}-service`, scope })}\n`)
  }
  const claims = { AUTH_HOTELS_CLAIM: HOTELS, AUTH_TIER_CLAIM: TIER }
  const own = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: 'hotel', AUTH_JWKS_URL: keys.url, AUTH_JWKS_REFRESH: '1' }
  const auth = { env: { ...own, ...claims }, serviceTokenFiles }
  suite = closing.use(await startSuite({ auth, testerToken: by(first), requestsPerSecond: 1 }))
})
afterAll(() => closing.disposeAsync())

/** Whether a token is accepted by two services, and by the gateway. */
async function accepted(token: string): Promise<boolean[]> {
  const { direct, gateway } = suite.clientsWith(token)
  const calls = [direct.guests.listGuests({}), direct.rooms.listRooms({}), gateway.rooms.listRooms({})]
  return (await Promise.allSettled(calls)).map(({ status }) => status === 'fulfilled')
}

test('the services know each other by the tokens that they were given', async () => {
  const { hotels } = await suite.hotels.listHotels({})
  const guest = await suite.gateway.guests.createGuest({ first_name: 'Ada', hotel: hotels[0]?.id ?? '' })
  await suite.gateway.guests.deleteGuest({ id: guest.id })
  const { json } = await suite.rest('GET', `/guests/${guest.id}`)
  expect(json.delete_time).toBeDefined()
})

test('scopes, hotels and tier are in the claims that the settings name, at both doors', async () => {
  const only = { scope: undefined, sub: 'of other claims' }
  for (const claims of [{ scp: 'guests.read rooms.read' }, { roles: ['guests.read', 'rooms.read'] }])
    expect(await accepted(by(first, { ...only, ...claims }))).toEqual([true, true, true])
  const rooms = async (claims: object) => suite.rest('GET', '/rooms', { token: by(first, claims) })
  const refused = await rooms({ sub: 'without scopes', scope: ['guests.read'], roles: undefined })
  expect([refused.status, refused.json.details[0].metadata.scope]).toEqual([403, 'rooms.read'])
  const limits = await Promise.all(
    ['desk', 'internal', 'gold'].map(async (tier) => {
      const { headers } = await rooms({ sub: `of ${tier}`, [TIER]: tier, tier: 'internal' })
      return headers.get('x-ratelimit-limit')
    }),
  )
  expect(limits).toEqual(['20', '1000', '1'])
  await suite.gateway.rooms.createRoom({ number: '101' })
  expect((await rooms({ sub: 'of no hotel', [HOTELS]: [], hotels: '*' })).json.rooms).toEqual([])
  expect((await rooms({ sub: 'of all' })).json.rooms).toHaveLength(1)
})

test('keys are rotated without a restart', async () => {
  const next = makeKey('ES256')
  keys.jwks = jwksOf(first, next)
  await eventually(async () => expect(await accepted(by(next))).toEqual([true, true, true]))
  expect(await accepted(by(first))).toEqual([true, true, true])
  const old = by(next)
  keys.jwks = jwksOf(first)
  await eventually(async () => expect(await accepted(old)).toEqual([false, false, false]))
  expect(await accepted(by(first))).toEqual([true, true, true])
})

test('an issuer that is away afterwards does no harm: the keys that are known count', async () => {
  keys.jwks = undefined
  const warned = suite.lines.length
  await eventually(async () => {
    expect(suite.lines.slice(warned).join()).toContain("the issuer's keys cannot be fetched")
    expect(await accepted(by(first))).toEqual([true, true, true])
  })
  const { direct } = suite.clientsWith(by(makeKey()))
  const refusal = await direct.rooms.listRooms({}).catch((error: unknown) => error)
  expect([Status.UNAUTHENTICATED, Status.UNAVAILABLE]).toContain((refusal as { code: number }).code)
  keys.jwks = jwksOf(first)
})
