import { readDescriptors, settingsWith } from '@hotel/test/gateway/fixtures'
import { beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type Api, readApi } from '../api.ts'
import { httpFilters } from '../envoy/filters.ts'
import { clientRules } from './client-limit.ts'
import { dearRules } from './dear-limit.ts'
import { statusRules } from './limits.ts'
import { tokenBucket } from './rate-limit.ts'
import { rateLimitServiceFile, rateOf } from './shared-limits.ts'

type Node = { key: string; value?: string; rate_limit?: object; descriptors?: Node[] }
type Filter = { name: string; typed_config: { rate_limits?: object; failure_mode_deny?: boolean } }

const service = { RATE_LIMIT_SERVICE: 'limits:8081', RATE_LIMIT_PER_SECOND: '3', STATUS_RATE_LIMIT_PER_MINUTE: '2' }
let api: Api
beforeAll(async () => {
  api = readApi(await readDescriptors())
})

test('each limit of the gateway is one of the service, under the same entries and of the same rate', () => {
  const settings = settingsWith(service)
  const { domain, descriptors } = parse(rateLimitServiceFile(settings, api)) as { domain: string; descriptors: Node[] }
  const found = new Map<string, object>()
  const walk = (nodes: Node[], path: string) => {
    for (const { key, value, rate_limit, descriptors: below = [] } of nodes) {
      const here = `${path}/${key}${value === undefined ? '' : `=${value}`}`
      if (rate_limit !== undefined) found.set(here, rate_limit)
      walk(below, here)
    }
  }
  walk(descriptors, domain)
  const own = [clientRules(settings), dearRules(settings, api), statusRules(settings)].flatMap(
    ({ descriptors }) => descriptors,
  )
  for (const { entries, token_bucket } of own) {
    const path = entries.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join('/')
    expect([path, found.get(`hotel/${path}`)]).toEqual([path, rateOf(token_bucket)])
  }
  expect(found.size).toBe(own.length)
  expect(found.get('hotel/tier=standard/subject')).toEqual({ unit: 'second', requests_per_unit: 3 })
  expect(found.get('hotel/reservation/status_set=true')).toEqual({ unit: 'minute', requests_per_unit: 2 })
})

test.each([
  [5, '1s', 'second', 5],
  [60, '60s', 'minute', 60],
  [1, '2.000s', 'minute', 30],
  [2, '0.700s', 'minute', 171],
  [1, '90s', 'hour', 40],
  [1, '86400s', 'day', 1],
] as const)('%d in %s are, by %s, %d', (tokens, interval, unit, requests_per_unit) => {
  expect(rateOf(tokenBucket(tokens, interval))).toEqual({ unit, requests_per_unit })
})

test('what is longer than a day has no unit', () => {
  expect(() => rateOf(tokenBucket(1, '86401s'))).toThrow('longer than a day')
})

test('a shared limit stands behind each of the own ones and asks by the same entries, only where there is a service', () => {
  const filters = (environment: Record<string, string>) =>
    httpFilters(settingsWith(environment), api, false) as Filter[]
  const names = (all: Filter[]) => all.map(({ name }) => name)
  const [alone, together] = [filters({}), filters(service)]
  const added = names(together).filter((name) => !names(alone).includes(name))
  const own = ['hotel.ratelimit.client', 'hotel.ratelimit.dear', 'hotel.ratelimit.status']
  expect(added).toEqual(['hotel.limits', ...own.map((name) => `${name}.shared`)])
  for (const name of own) {
    const [first, second] = [name, `${name}.shared`].map((each) => together.find(({ name }) => name === each))
    expect(names(together).indexOf(`${name}.shared`)).toBeGreaterThan(names(together).indexOf(name))
    expect(second?.typed_config.rate_limits).toEqual(first?.typed_config.rate_limits)
    expect(second?.typed_config.failure_mode_deny).toBe(false)
  }
})
