import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '@hotel/stack/identity/issuer'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { statusesOf } from '../edge/raw-http.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { jwksOf, type Key, makeKey, rightClaims, signed, signedByHmac, unsigned } from './keys.ts'

let suite: Suite
/** The issuer's own key, as only it has it. */
let own: Key
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
  const jwk = JSON.parse(await readFile(path.join(suite.stack.issuer?.folder ?? '', 'key.json'), 'utf8'))
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  own = { kid: jwk.kid, alg: 'ES256', privateKey, publicKey: createPublicKey(privateKey) }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset
const by = (claims: object, header: object = {}) => signed(own, { claims, header })
const stranger = makeKey()

/** What a caller may send for a token and is refused for. */
const refused: readonly [name: string, token: () => string][] = [
  ['no signature asked for (alg none)', () => unsigned(own.kid)],
  ['alg none with a signature', () => unsigned(own.kid, 'c2ln')],
  [
    'the public key as a shared secret',
    () => signedByHmac(own.publicKey.export({ type: 'spki', format: 'pem' }), own.kid),
  ],
  ['the same, as bytes', () => signedByHmac(own.publicKey.export({ type: 'spki', format: 'der' }) as Buffer, own.kid)],
  ['an algorithm that is not of the key', () => by({}, { alg: 'RS256' })],
  ["another's key under the issuer's id", () => signed({ ...stranger, kid: own.kid })],
  ['a key that is not known', () => signed(stranger)],
  [
    "another's key, sent along",
    () => signed(stranger, { header: { jwk: stranger.publicKey.export({ format: 'jwk' }) } }),
  ],
  [
    'claims that were changed',
    () => `${by({}).split('.')[0]}.${by({ sub: 'admin' }).split('.')[1]}.${by({}).split('.')[2]}`,
  ],
  ['another issuer', () => by({ iss: 'https://elsewhere.example' })],
  ['no issuer', () => by({ iss: undefined })],
  ['another audience', () => by({ aud: 'elsewhere' })],
  ['no audience', () => by({ aud: undefined })],
  ['expired', () => by({ exp: seconds(-6) })],
  ['without an end', () => by({ exp: undefined })],
  ['an end that is no number', () => by({ exp: '9999999999' })],
  ['not valid yet', () => by({ nbf: seconds(60) })],
  ['no subject', () => by({ sub: undefined })],
  ['an empty subject', () => by({ sub: '' })],
  ['a subject that is a number', () => by({ sub: 7 })],
  ['a subject of two lines', () => by({ sub: 'ada\nlovelace' })],
  ['a subject that is too long', () => by({ sub: 'a'.repeat(256) })],
  ["the suite's own name", () => by({ sub: 'system' })],
  ['scopes that are numbers', () => by({ scope: [1] })],
  ['scopes that are an object', () => by({ scope: { rooms: 'read' } })],
  ['hotels that are numbers', () => by({ hotels: [1] })],
  ['no token at all', () => 'nonsense'],
  ['a critical header that nobody knows', () => by({}, { crit: ['b64'], b64: false })],
]

describe.each(refused)('%s', (_name, token) => {
  test('is refused by a service itself, and by the gateway', async () => {
    const clients = suite.clientsWith(token())
    await expect(clients.direct.rooms.listRooms({})).rejects.toRefuse(Status.UNAUTHENTICATED, 'UNAUTHENTICATED')
    await expect(clients.gateway.rooms.listRooms({})).rejects.toRefuse(Status.UNAUTHENTICATED, 'UNAUTHENTICATED')
    const { status, headers, json } = await suite.rest('GET', '/rooms', { token: token() })
    expect([status, json.code, json.details[0].reason]).toEqual([401, 16, 'UNAUTHENTICATED'])
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
  })
})

test.each([
  ['none', {}],
  ['one that is not for bearers', { authorization: 'Basic YWRhOmxvdmVsYWNl' }],
  ['an empty one', { authorization: 'Bearer ' }],
])('without a token every call is refused, whatever the authorization: %s', async (_name, headers) => {
  const anonymous = suite.clientsWith(undefined)
  await expect(anonymous.direct.guests.listGuests({})).rejects.toRefuse(Status.UNAUTHENTICATED, 'UNAUTHENTICATED')
  for (const target of ['/guests', '/rooms', '/guests:watch', '/no/such/path', '/reservations/1?id=2'])
    expect((await suite.rest('GET', target, { token: undefined, headers })).status).toBe(401)
  for (const [method, target] of [
    ['GET', '/healthz'],
    ['GET', '/'],
    ['GET', '/openapi.json'],
    ['POST', '/healthz'],
  ] as const)
    expect((await suite.rest(method, target, { token: undefined, headers })).status).not.toBe(401)
})

test.each(['bearer ', 'BEARER ', 'bEaReR ', 'Bearer   ', 'bearer  '])(
  'the name of the scheme may be written in any case, with several spaces after it: "%s"',
  async (scheme) => {
    const authorization = scheme + suite.testerToken
    const none = suite.clientsWith(undefined)
    const metadata = Metadata({ authorization })
    await expect(none.direct.rooms.listRooms({}, { metadata })).resolves.toBeDefined()
    await expect(none.gateway.rooms.listRooms({}, { metadata })).resolves.toBeDefined()
    const rest = (headers: Record<string, string>) => suite.rest('GET', '/rooms', { token: undefined, headers })
    expect((await rest({ authorization })).status).toBe(200)
    expect((await rest({ authorization: authorization.replace(/ey/, 'x') })).status).toBe(401)
  },
)

test('two tokens are none, however the name of their scheme is written', async () => {
  for (const scheme of ['Bearer', 'bearer']) {
    const line = `authorization: ${scheme} ${suite.testerToken}\r\n`
    const request = `GET /rooms HTTP/1.1\r\nhost: hotel\r\n${line}${line}\r\n`
    expect(await statusesOf(suite.gateway.address, request)).toEqual([401, 200])
  }
})

test('a token in an address is none', async () => {
  for (const name of ['access_token', 'token', 'jwt', 'authorization']) {
    const { status } = await suite.rest('GET', `/rooms?${name}=${suite.testerToken}`, { token: undefined })
    expect(status).toBe(401)
  }
  const besides = await suite.rest('GET', `/rooms?access_token=${suite.testerToken}`)
  expect([besides.status, besides.json.details[1].field_violations[0].field]).toEqual([400, 'access_token'])
})

test("a browser's question before its request needs no token", async () => {
  const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }
  expect((await suite.rest('OPTIONS', '/rooms', { token: undefined, headers })).status).toBe(204)
})

test('a clock that is off by a few seconds does no harm', async () => {
  for (const claims of [{ exp: seconds(-2) }, { nbf: seconds(3) }, { aud: ['elsewhere', 'hotel'] }]) {
    const clients = suite.clientsWith(by(claims))
    await expect(clients.direct.rooms.listRooms({})).resolves.toBeDefined()
    await expect(clients.gateway.rooms.listRooms({})).resolves.toBeDefined()
  }
})

test('a stream ends when its token expires, over both doors, and says so', async () => {
  const token = by({ exp: seconds(-2) })
  const { direct, gateway } = suite.clientsWith(token)
  const { hotels } = await suite.hotels.listHotels({})
  const hotel = hotels[0]?.id ?? ''
  const ends = [direct, gateway].map(async ({ rooms }) => {
    let answers = 0
    const end = await Array.fromAsync(rooms.watchRooms({ hotel }), () => (answers += 1)).catch(
      (error: unknown) => error,
    )
    expect(answers).toBeGreaterThan(0)
    return end
  })
  const rest = suite.rest('GET', `/rooms:watch?hotel=${hotel}`, { token })
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ code: Status.UNAUTHENTICATED })
  const last = JSON.parse((await rest).text.trim().split('\n').at(-1) ?? '')
  expect(last.error).toMatchObject({ code: Status.UNAUTHENTICATED, details: [{ reason: 'UNAUTHENTICATED' }] })
})

test('the subject is the actor of what is changed, and whose idempotency keys they are; logs name it, never its token', async () => {
  const [ada, bob] = await Promise.all(['ada', 'bob'].map(async (subject) => suite.token({ subject })))
  const create = (token: string | undefined) =>
    suite.rest('POST', '/guests', { token, body: { first_name: 'Keyed' }, headers: { 'idempotency-key': 'one' } })
  const [first, other] = [await create(ada), await create(bob)]
  const again = await create(ada)
  expect([first.status, other.status]).toEqual([201, 201])
  expect(other.json.id).not.toBe(first.json.id)
  expect([again.json.id, again.headers.get('idempotent-replayed')]).toEqual([first.json.id, 'true'])
  const { json } = await suite.rest('GET', `/guests/${other.json.id}/history`)
  expect(json.entries.map(({ actor }: { actor: string }) => actor)).toEqual(['bob'])
  const lines = () =>
    suite.lines.filter((line) => line.includes('GuestService/CreateGuest') && line.startsWith('guests'))
  await eventually(async () => expect(lines().filter((line) => line.includes('"actor":"bob"'))).toHaveLength(1))
  const signature = (token = '') => token.split('.')[2] ?? ''
  expect(suite.lines.filter((line) => line.includes(signature(ada)) || line.includes(signature(bob)))).toEqual([])
})

describe("the issuer's keys in a file", () => {
  const jwksFile = () => suite.stack.issuer?.env.AUTH_JWKS_FILE ?? ''
  const accepted = async (token: string) => {
    const clients = suite.clientsWith(token)
    const calls = [
      clients.direct.guests.listGuests({}),
      clients.direct.rooms.listRooms({}),
      clients.gateway.rooms.listRooms({}),
    ]
    const results = await Promise.allSettled(calls)
    return results.map(({ status }) => status === 'fulfilled')
  }
  const all = (is: boolean) => [is, is, is]

  test.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'a new %s key is accepted without a restart, a removed one no more',
    async (alg) => {
      const next = makeKey(alg)
      expect(await accepted(signed(next))).toEqual(all(false))
      await replaceFile(jwksFile(), jwksOf(own, next), 0o644)
      await eventually(async () => expect(await accepted(signed(next))).toEqual(all(true)))
      expect(await accepted(signed(own))).toEqual(all(true))
      const old = signed(next)
      await replaceFile(jwksFile(), jwksOf(own), 0o644)
      await eventually(async () => expect(await accepted(old)).toEqual(all(false)))
      expect(await accepted(signed(own))).toEqual(all(true))
    },
  )

  test('keys of other algorithms are no good, nor is an id that two keys have', async () => {
    const others = [makeKey('PS256'), makeKey('ES384')]
    await replaceFile(jwksFile(), jwksOf(own, ...others), 0o644)
    await eventually(async () => expect(await accepted(signed(own))).toEqual(all(true)))
    for (const key of others) expect((await accepted(signed(key))).slice(0, 2)).toEqual([false, false])
    await replaceFile(jwksFile(), jwksOf(own), 0o644)
  })

  test.each([
    ['no keys', '{"keys": []}'],
    ['no JSON', 'nonsense'],
    ['a shared key', JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }] })],
  ])('a file with %s changes nothing: the keys that were there count', async (_name, content) => {
    const said = suite.lines.length
    await replaceFile(jwksFile(), content, 0o644)
    const saysSo = (line: string) => line.startsWith('rooms') && line.includes('cannot be read')
    await eventually(async () => {
      expect((await accepted(signed(own))).slice(0, 2)).toEqual([true, true])
      expect(suite.lines.slice(said).some(saysSo)).toBe(true)
    })
    await replaceFile(jwksFile(), jwksOf(own), 0o644)
    await eventually(async () => expect(await accepted(signed(own))).toEqual(all(true)))
  })
})

test('the claims of a right token are as the tests take them for', () => {
  expect(rightClaims()).toMatchObject({ iss: 'urn:hotel:development', aud: 'hotel' })
})
