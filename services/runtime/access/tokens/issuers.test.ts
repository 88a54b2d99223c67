import { describe, expect, test } from '@jest/globals'
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose'
import { Status } from 'nice-grpc'
import { authSettings } from './auth-settings.ts'
import type { KeySet } from './key-set.ts'
import { type Token, tokenVerifier } from './token.ts'

// Access tokens in the shapes in which these issuers make them; docs/access.md says how each is set up.
const hotel = '0198c000-0000-7000-8000-000000000001'
const other = '0198c000-0000-7000-8000-000000000002'
const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const api = '6e74172b-be56-4843-9ff4-e66a39bb12e3'

const keycloak = {
  settings: { AUTH_ISSUER: 'https://id.hotel.example/realms/hotel', AUTH_AUDIENCE: 'hotel' },
  claims: {
    jti: 'onrtac:6d0ea6f4-6c3a-4a3c-a0f3-27e8b0b1d2a9',
    iss: 'https://id.hotel.example/realms/hotel',
    aud: ['hotel', 'account'],
    sub: '3d0f3f7c-3a9c-4c80-8f5b-1f0f2b8f7f11',
    typ: 'Bearer',
    azp: 'front-desk',
    sid: 'fd8c2b2e-52b4-4d0a-a9a0-0f1f8ad1d9a4',
    acr: '1',
    'allowed-origins': ['https://desk.hotel.example'],
    realm_access: { roles: ['default-roles-hotel', 'offline_access', 'guests.read'] },
    resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
    scope: 'openid profile email rooms.read rooms.write',
    email_verified: true,
    preferred_username: 'ada',
    hotels: [hotel, other],
    tier: 'desk',
  },
}

const auth0 = {
  settings: {
    AUTH_ISSUER: 'https://hotel.eu.auth0.com/',
    AUTH_AUDIENCE: 'https://api.hotel.example',
    AUTH_SCOPE_CLAIMS: 'permissions',
    AUTH_HOTELS_CLAIM: 'https://hotel.example/hotels',
    AUTH_TIER_CLAIM: 'https://hotel.example/tier',
  },
  claims: {
    'https://hotel.example/hotels': [hotel],
    'https://hotel.example/tier': 'desk',
    iss: 'https://hotel.eu.auth0.com/',
    sub: 'auth0|65a1f0c2d3e4b5a697887766',
    aud: ['https://api.hotel.example', 'https://hotel.eu.auth0.com/userinfo'],
    scope: 'openid profile email guests.write',
    azp: 'my_client_id',
    permissions: ['rooms.read', 'rooms.write'],
  },
}

const entra = {
  settings: {
    AUTH_ISSUER: `https://login.microsoftonline.com/${tenant}/v2.0`,
    AUTH_AUDIENCE: api,
    AUTH_HOTELS_CLAIM: 'extn.hotels',
  },
  common: {
    aud: api,
    iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
    aio: 'ATQAy/8TAAAAe1s=',
    azp: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    azpacr: '0',
    oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
    rh: '0.AAAA',
    tid: tenant,
    uti: 'fqiBqXLPj0eQa82S-IYFAA',
    ver: '2.0',
  },
}
const entraUser = {
  settings: entra.settings,
  claims: {
    ...entra.common,
    name: 'Ada Lovelace',
    scp: 'rooms.read rooms.write',
    sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
    'extn.hotels': [hotel],
  },
}
const entraProgram = {
  settings: entra.settings,
  claims: { ...entra.common, idtyp: 'app', roles: ['rooms.read', 'rooms.write'], sub: entra.common.oid },
}

const keys = await generateKeyPair('RS256')
const set = { find: async () => keys.publicKey as CryptoKey, version: async () => keys, close() {} } as KeySet

async function verified(claims: object, settings: Readonly<Record<string, string>>): Promise<Token> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'of the issuer' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(keys.privateKey)
  const url = { AUTH_JWKS_URL: 'https://issuer.example/jwks.json' }
  return tokenVerifier(authSettings({ ...url, ...settings }), set)([`Bearer ${token}`])
}

const scopesOf = async (claims: object, settings: Readonly<Record<string, string>>) =>
  [...(await verified(claims, settings)).caller.scopes].sort()
const plain = { AUTH_ISSUER: 'issuer', AUTH_AUDIENCE: 'hotel' }
const right = { iss: 'issuer', aud: 'hotel', sub: 'ada' }

describe('tokens of', () => {
  test('Keycloak have scopes in their scope, or by setting in the roles of the realm', async () => {
    const { caller } = await verified(keycloak.claims, keycloak.settings)
    expect(caller.subject).toBe(keycloak.claims.sub)
    expect([...caller.scopes]).toEqual(expect.arrayContaining(['rooms.read', 'rooms.write']))
    expect(caller.scopes).not.toContain('guests.read')
    expect(caller.hotels).toEqual(new Set([hotel, other]))
    const byRoles = { ...keycloak.settings, AUTH_SCOPE_CLAIMS: 'realm_access.roles' }
    expect(await scopesOf(keycloak.claims, byRoles)).toEqual(['default-roles-hotel', 'guests.read', 'offline_access'])
  })

  test('Auth0 have what its users may do in permissions, and claims of the house under an address', async () => {
    const { caller } = await verified(auth0.claims, auth0.settings)
    expect(caller.subject).toBe('auth0|65a1f0c2d3e4b5a697887766')
    expect([...caller.scopes].sort()).toEqual(['rooms.read', 'rooms.write'])
    expect(caller.hotels).toEqual(new Set([hotel]))
    const { AUTH_SCOPE_CLAIMS: _claims, ...byScope } = auth0.settings
    expect(await scopesOf(auth0.claims, byScope)).toContain('guests.write')
  })

  test('Entra ID have scopes in scp for users, and in roles for programs', async () => {
    const user = await verified(entraUser.claims, entraUser.settings)
    expect([...user.caller.scopes].sort()).toEqual(['rooms.read', 'rooms.write'])
    expect(user.caller.hotels).toEqual(new Set([hotel]))
    const program = await verified(entraProgram.claims, entraProgram.settings)
    expect([...program.caller.scopes].sort()).toEqual(['rooms.read', 'rooms.write'])
    expect([program.caller.subject, program.caller.hotels]).toEqual([entra.common.oid, new Set()])
  })

  test.each([keycloak, auth0, entraUser, entraProgram])(
    'another tenant are refused: $claims.iss',
    async ({ claims, settings }) => {
      for (const wrong of [{ iss: `${claims.iss}x` }, { aud: 'account' }])
        await expect(verified({ ...claims, ...wrong }, settings)).rejects.toMatchObject({
          code: Status.UNAUTHENTICATED,
        })
    },
  )
})

describe('scopes', () => {
  test.each<[claims: object, scopes: string[]]>([
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: ['a', 'b'] }, ['a', 'b']],
    [{ scope: ['a b', 'c'] }, ['a', 'b', 'c']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a'] }, ['a']],
    [{ roles: ['a'] }, ['a']],
    [{ roles: 'a' }, ['a']],
    [{ scope: 'openid', scp: 'a', roles: ['b'] }, ['a', 'b', 'openid']],
    [{ scope: null, scp: '', roles: [] }, []],
    [{}, []],
  ])('of %j are %j', async (claims, scopes) => {
    expect(await scopesOf({ ...right, ...claims }, plain)).toEqual(scopes)
  })

  test('are of no other claim than the named ones', async () => {
    const named = { ...plain, AUTH_SCOPE_CLAIMS: 'scp, https://hotel.example/may' }
    const claims = { scope: 'a', roles: ['b'], scp: 'c', 'https://hotel.example/may': ['d'] }
    expect(await scopesOf({ ...right, ...claims }, named)).toEqual(['c', 'd'])
  })

  test('by a path are of objects only, and of their own members', async () => {
    for (const name of ['a.b', 'constructor.name', '__proto__.x', 'a.', 'roles.length'])
      expect(await scopesOf({ ...right, a: ['b'], roles: ['x'] }, { ...plain, AUTH_SCOPE_CLAIMS: name })).toEqual([])
    expect(await scopesOf({ ...right, 'a.b': 'x', a: { b: 'y' } }, { ...plain, AUTH_SCOPE_CLAIMS: 'a.b' })).toEqual([
      'x',
    ])
  })

  test.each(['scope', 'scp', 'roles'])('that are no texts are refused by the name of the claim: %s', async (name) => {
    for (const wrong of [5, true, { a: 1 }, ['a', 5], [['a']]])
      await expect(verified({ ...right, [name]: wrong }, plain)).rejects.toMatchObject({
        code: Status.UNAUTHENTICATED,
        message: expect.stringContaining(name),
      })
  })
})

test('hotels are a list, or text with spaces, under the name that is set', async () => {
  const hotelsOf = async (claims: object, name = 'hotels') =>
    (await verified({ ...right, ...claims }, { ...plain, AUTH_HOTELS_CLAIM: name })).caller.hotels
  expect(await hotelsOf({ hotels: `${hotel} ${other}` })).toEqual(new Set([hotel, other]))
  expect(await hotelsOf({ hotels: hotel })).toEqual(new Set([hotel]))
  expect(await hotelsOf({ house: { hotels: ['*'] } }, 'house.hotels')).toBe('every')
  expect(await hotelsOf({ hotels: '*' }, 'house.hotels')).toEqual(new Set())
  await expect(hotelsOf({ house: 5 }, 'house')).rejects.toMatchObject({ message: expect.stringContaining('house') })
})
