import { freePort } from '@hotel/stack/run/ports'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { findEnvoy } from '../../stack/setup/binaries.mjs'
import { readDescriptors } from './fixtures.ts'
import { type LoneGateway, startAlone } from './lone-gateway.ts'

let gateway: LoneGateway
let address: string
beforeAll(async () => {
  address = `127.0.0.1:${await freePort()}`
  gateway = await startAlone((await findEnvoy()) ?? '', await readDescriptors(), { METRICS_ADDRESS: address })
})
afterAll(() => gateway?.stop())

test('METRICS_ADDRESS gives the metrics of Envoy and nothing else of its administration', async () => {
  const metrics = await fetch(`http://${address}/metrics`)
  expect(metrics.status).toBe(200)
  expect(await metrics.text()).toMatch(/^envoy_cluster_membership_healthy\{.*cluster_name="rooms"/m)
  const others = [
    '/',
    '/stats/prometheus',
    '/metrics/../quitquitquit',
    '/config_dump',
    '/healthcheck/fail',
    '/metrics/',
  ]
  for (const path of others) {
    const answer = await fetch(`http://${address}${path}`)
    expect([path, answer.status]).toEqual([path, 404])
  }
  for (const path of ['/quitquitquit', '/metrics', '/healthcheck/fail'])
    expect((await fetch(`http://${address}${path}`, { method: 'POST' })).status).toBe(404)
  expect((await gateway.send('GET /rooms')).status).toBe(503)
})
