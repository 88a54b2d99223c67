import type { Supervised } from '@hotel/stack/run/supervision/processes'
import { DRAIN } from '@hotel/stack/servers/services'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { demandViewIsTrue, eventually } from '../support/hotel.ts'
import { contradictions, type Load, startLoad } from '../support/load.ts'

const CLIENTS = 16

let suite: Suite
let load: Load
const report: string[] = []
beforeAll(async () => {
  suite = await startSuite({
    instances: { guests: 2, rooms: 2, reservations: 2 },
    ownPostgres: true,
    drainSeconds: 2,
  })
  load = await startLoad(suite, CLIENTS)
}, 60_000)
afterAll(async () => {
  await load?.stop()
  await suite?.[Symbol.asyncDispose]()
  if (report.length > 0) process.stdout.write(`${report.join('\n')}\n`)
})

/** Does something to the suite under load, then waits until all clients are answered again. */
async function disturb(what: string, act: () => Promise<unknown>) {
  const began = performance.now()
  await act()
  const acted = performance.now()
  await eventually(async () => {
    const { ok, failed } = load.since(performance.now() - 500)
    expect(failed).toEqual({})
    expect(ok).toBeGreaterThan(CLIENTS)
  }, 20_000)
  const { ok, failed, lastFailure } = load.since(began)
  const recovered = Math.max(0, lastFailure - (acted - began))
  const failures = Object.entries(failed).map(([code, n]) => `${n} ${code}`)
  report.push(
    `  ${what.padEnd(46)} ${String(ok).padStart(6)} answered, failed: ${failures.join(', ') || 'none'}` +
      (failures.length > 0
        ? `; the last ${(lastFailure / 1_000).toFixed(1)} s after it began, ${(recovered / 1_000).toFixed(1)} s after it was over`
        : ''),
  )
  return failed
}

function instanceOf(name: ServiceName, index: number): Supervised {
  const instance = suite.stack.services[name].instances[index]
  if (instance === undefined) throw new Error(`${name} has no instance ${index}`)
  return instance
}

const total = (failed: Record<string, number>) => Object.values(failed).reduce((sum, n) => sum + n, 0)

async function restart(process: Supervised, how: { signal: NodeJS.Signals; withinMs: number } | 'kill' | 'stop') {
  if (how === 'kill') await process.kill()
  else await (how === 'stop' ? process.stop() : process.stop(how))
  await process.start()
}

test.each([1, 2])(
  'a graceful restart of instance %d of every service fails no call, also right after one of the other',
  async (number) => {
    const instances = serviceNames.map((name) => instanceOf(name, number - 1))
    const failed = await disturb(`every service: instance ${number} stopped and started`, () =>
      Promise.all(instances.map((instance) => restart(instance, DRAIN))),
    )
    expect(failed).toEqual({})
  },
  60_000,
)

test.each(serviceNames)(
  '%s: a killed instance fails only what it had in flight, as UNAVAILABLE',
  async (name) => {
    const instance = instanceOf(name, 0)
    const failed = await disturb(`${instance.name} killed and started`, () => restart(instance, 'kill'))
    expect(Object.keys(failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
    expect(total(failed)).toBeLessThanOrEqual(CLIENTS)
  },
  60_000,
)

test.each(['stop', 'kill'] as const)(
  'Redis: %s fails no call',
  async (how) => {
    const { redis } = suite.stack
    if (redis === undefined) throw new Error('no Redis')
    expect(await disturb(`redis: ${how} and start`, () => restart(redis.process, how))).toEqual({})
  },
  60_000,
)

test.each(['stop', 'kill'] as const)(
  'Envoy: %s fails calls as UNAVAILABLE only, until it is there again',
  async (how) => {
    const { gateway } = suite.stack
    if (gateway === undefined) throw new Error('no gateway')
    const failed = await disturb(`gateway: ${how} and start`, () => restart(gateway.process, how))
    expect(Object.keys(failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
  },
  60_000,
)

test.each(['stop', 'kill'] as const)(
  'Postgres: %s fails calls as UNAVAILABLE only, until it is there again',
  async (how) => {
    const { postgres } = suite.stack
    if (postgres === undefined) throw new Error('no Postgres')
    const failed = await disturb(`postgres: ${how} and start`, () => restart(postgres.process, how))
    expect(Object.keys(failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
  },
  60_000,
)

test('after all that: no create ran twice, nothing acknowledged is lost, the view is true', async () => {
  await load.stop()
  expect(await contradictions(suite, load)).toEqual([])
  expect(load.clients.reduce((sum, { sent }) => sum + sent.size, 0)).toBeGreaterThan(100)
  await demandViewIsTrue(suite)
})
