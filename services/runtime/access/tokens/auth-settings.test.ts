import { describe, expect, it } from '@jest/globals'
import { authSettings } from './auth-settings.ts'
import { readJwks } from './jwks.ts'

const right = {
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'hotel',
  AUTH_JWKS_URL: 'https://issuer.example/',
}

describe('the settings of access', () => {
  it('are read, with documents for everybody unless it is production', () => {
    expect(authSettings(right)).toMatchObject({ refreshSeconds: 60, production: false, publicDocs: true })
    expect(authSettings({ ...right, NODE_ENV: 'production' })).toMatchObject({ production: true, publicDocs: false })
    expect(authSettings({ ...right, NODE_ENV: 'production', AUTH_PUBLIC_DOCS: 'on' }).publicDocs).toBe(true)
    const { keys } = authSettings({ ...right, AUTH_JWKS_URL: '', AUTH_JWKS_FILE: '/keys/jwks.json' })
    expect(keys).toEqual({ file: '/keys/jwks.json' })
  })

  it.each([
    ['AUTH_ISSUER', ''],
    ['AUTH_AUDIENCE', ''],
    ['AUTH_JWKS_URL', ''],
    ['AUTH_JWKS_URL', 'issuer.example'],
    ['AUTH_JWKS_URL', 'ftp://issuer.example/'],
    ['AUTH_JWKS_URL', 'https://me:secret@issuer.example/'],
    ['AUTH_JWKS_FILE', '/as-well'],
    ['AUTH_JWKS_REFRESH', '0'],
    ['AUTH_JWKS_REFRESH', 'often'],
    ['AUTH_PUBLIC_DOCS', 'yes'],
    ['AUTH_SCOPE_CLAIMS', 'scope,'],
    ['AUTH_SCOPE_CLAIMS', 'scope scp'],
    ['AUTH_HOTELS_CLAIM', "hotels']"],
    ['AUTH_TIER_CLAIM', 'tier,tier2'],
  ])('name %s when it is "%s"', (variable, value) => {
    expect(() => authSettings({ ...right, [variable]: value })).toThrow(variable)
  })

  it('name the claims of scopes, hotels and tier', () => {
    const { claims } = authSettings(right)
    expect(claims).toEqual({ scopes: ['scope', 'scp', 'roles'], hotels: 'hotels', tier: 'tier' })
    const own = {
      AUTH_SCOPE_CLAIMS: 'permissions, scope',
      AUTH_HOTELS_CLAIM: 'https://hotel.example/hotels',
      AUTH_TIER_CLAIM: '',
    }
    expect(authSettings({ ...right, ...own }).claims).toEqual({
      scopes: ['permissions', 'scope'],
      hotels: 'https://hotel.example/hotels',
      tier: 'tier',
    })
  })

  it('take keys in production by https only', () => {
    const plain = { ...right, AUTH_JWKS_URL: 'http://issuer.example/' }
    expect(authSettings(plain)).toBeDefined()
    expect(() => authSettings({ ...plain, NODE_ENV: 'production' })).toThrow('AUTH_JWKS_URL')
  })
})

describe('a set of keys', () => {
  const set = (...keys: object[]) => JSON.stringify({ keys })
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: '1' }

  it('is read when its keys are public', () => {
    expect(readJwks(set(key), { production: true }).keys).toEqual([key])
  })

  it.each([
    ['no keys', set(), 'is not a set of keys'],
    ['a key alone', JSON.stringify(key), 'is not a set of keys'],
    ['a private key', set(key, { ...key, d: 'd' }), 'private or shared'],
    ['a shared key', set({ kty: 'oct', k: 'k' }), 'private or shared'],
    ['a key of development', set({ ...key, kid: 'development-1' }), 'development issuer'],
  ])('is refused with %s', (_name, text, words) => {
    expect(() => readJwks(text, { production: true })).toThrow(words)
  })
})
