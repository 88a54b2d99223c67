import { settingsWith } from '@hotel/test/gateway/fixtures'
import { describe, expect, it } from '@jest/globals'
import { drainSecondsFrom, parseEndpoint } from './settings.ts'

describe('settings', () => {
  it('reads lists of endpoints and falls back to the documented limits', () => {
    const settings = settingsWith({})
    expect(settings.endpoints.reservations).toEqual(['127.0.0.1:1', '127.0.0.1:2'])
    expect(settings).toMatchObject({ requestsPerSecond: 1, statusChangesPerMinute: 1 })
  })

  it('takes an empty variable for one that is not set', () => {
    expect(settingsWith({ GATEWAY_ADDRESS: '', RATE_LIMIT_PER_SECOND: '' })).toMatchObject({
      address: '0.0.0.0',
      requestsPerSecond: 1,
    })
    expect(drainSecondsFrom({ DRAIN_SECONDS: '' })).toBe(4)
    expect(() => drainSecondsFrom({ DRAIN_SECONDS: 'long' })).toThrow('DRAIN_SECONDS')
  })

  it.each([
    ['GUESTS_ADDRESS', ''],
    ['GUESTS_ADDRESS', 'guests'],
    ['ROOMS_ADDRESS', 'rooms:1,'],
    ['GATEWAY_PORT', '70000'],
    ['GATEWAY_ADDRESS', 'localhost'],
    ['METRICS_ADDRESS', 'localhost:9464'],
    ['METRICS_ADDRESS', '0.0.0.0'],
    ['RATE_LIMIT_PER_SECOND', '0'],
    ['RATE_LIMIT_PER_SECOND', '1.5'],
    ['STATUS_RATE_LIMIT_PER_MINUTE', 'many'],
    ['CORS_ORIGINS', 'desk.hotel.example'],
    ['CORS_ORIGINS', 'https://desk.hotel.example/'],
    ['CORS_ORIGINS', 'https://*.hotel.example'],
    ['CORS_ORIGINS', 'https://desk.hotel.example,'],
    ['CORS_ORIGINS', 'null'],
  ])('names %s when it is "%s"', (variable, value) => {
    expect(() => settingsWith({ [variable]: value })).toThrow(variable)
  })

  it('takes origins as browsers write them; none without', () => {
    expect(settingsWith({}).corsOrigins).toEqual([])
    const CORS_ORIGINS = 'https://desk.hotel.example, http://localhost:5173'
    expect(settingsWith({ CORS_ORIGINS }).corsOrigins).toEqual(['https://desk.hotel.example', 'http://localhost:5173'])
    expect(settingsWith({ CORS_ORIGINS: '*' }).corsOrigins).toEqual(['*'])
  })

  it('signs developers in by a link with the development issuer alone, never in production', () => {
    const development = { AUTH_ISSUER: 'urn:hotel:development', CONSOLE_DEVELOPMENT_SIGN_IN: 'on' }
    expect(settingsWith(development).console.developmentSignIn).toBe(true)
    expect(settingsWith({}).console.developmentSignIn).toBe(false)
    const elsewhere = { CONSOLE_DEVELOPMENT_SIGN_IN: 'on' }
    expect(() => settingsWith(elsewhere)).toThrow('CONSOLE_DEVELOPMENT_SIGN_IN')
    expect(() => settingsWith({ ...elsewhere, NODE_ENV: 'production' })).toThrow('CONSOLE_DEVELOPMENT_SIGN_IN')
  })

  it('splits host and port, also of IPv6', () => {
    expect(parseEndpoint('rooms:50051', 'x')).toEqual({ host: 'rooms', port: 50051 })
    expect(parseEndpoint('[::1]:50051', 'x')).toEqual({ host: '::1', port: 50051 })
  })
})
