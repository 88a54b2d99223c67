import { expect, test } from '@jest/globals'
import { readConfig } from './config.ts'

test.each(['rates', 'rates:99999', 'rates:0', 'http://rates:1', 'a b:1', '[::1:1'])(
  'the address "%s" of a server is refused, in a list too',
  (value) => {
    expect(() => readConfig({ RATE_LIMIT_SERVICE: value })).toThrow(`RATE_LIMIT_SERVICE is "${value}": give host:port`)
    expect(() => readConfig({ CITUS_WORKERS: `one:5432,${value}` })).toThrow(`is "${value}": give host:port`)
  },
)

test('the gateway listens on an address, not on a name, which Envoy would refuse', () => {
  expect(readConfig({ GATEWAY_ADDRESS: '::1' }).gatewayAddress).toBe('::1')
  expect(() => readConfig({ GATEWAY_ADDRESS: 'localhost' })).toThrow(
    'GATEWAY_ADDRESS is "localhost": give an IP address',
  )
})

test('servers are taken by name, by IPv4 and by IPv6', () => {
  const { citus, rateLimitService } = readConfig({
    RATE_LIMIT_SERVICE: 'rates:8081',
    CITUS_WORKERS: '10.0.0.1:1,[::1]:65535',
  })
  expect([rateLimitService, citus.workers]).toEqual(['rates:8081', ['10.0.0.1:1', '[::1]:65535']])
})
