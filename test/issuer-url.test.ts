import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { serviceScopes } from '@hotel/stack/scopes'
import { perService, serviceNames } from '@hotel/stack/service-names'
import { testFolder } from '@hotel/stack/test-cluster'
import { type Suite, startSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { eventually } from './hotel.ts'
import { jwksOf, type Key, type KeyServer, makeKey, serveKeys, signed } from './keys.ts'

// An issuer as there is one in production: its tokens, those of the services included, are made elsewhere.
const ISSUER = 'https://issuer.example'
const first = makeKey('RS256')
const by = (key: Key, claims: object = {}) => signed(key, { claims: { iss: ISSUER, ...claims } })
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
  const env = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: 'hotel', AUTH_JWKS_URL: keys.url, AUTH_JWKS_REFRESH: '1' }
  suite = closing.use(await startSuite({ auth: { env, serviceTokenFiles }, testerToken: by(first) }))
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
    expect(suite.lines.slice(warned).join()).toContain("the issuer's keys can not be fetched")
    expect(await accepted(by(first))).toEqual([true, true, true])
  })
  const { direct } = suite.clientsWith(by(makeKey()))
  const refusal = await direct.rooms.listRooms({}).catch((error: unknown) => error)
  expect([Status.UNAUTHENTICATED, Status.UNAVAILABLE]).toContain((refusal as { code: number }).code)
  keys.jwks = jwksOf(first)
})
