import type { Supervised } from '@hotel/stack/run/supervision/processes'
import type { RunningGateway } from '@hotel/stack/servers/gateway'
import { DRAIN } from '@hotel/stack/servers/services'
import { perService, type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { findRateLimitService } from '../../stack/setup/binaries.mjs'
import { createClients } from '../harness/clients.ts'
import { startOwnGateway } from '../harness/own-gateway.ts'
import { prepareDatabase } from '../harness/prepare-database.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { type RateLimitService, startRateLimitService } from '../limits/rate-limit-service.ts'
import { demandViewIsTrue, eventually } from '../support/hotel.ts'
import { contradictions, type Doors, type Load, startLoad } from '../support/load.ts'

// Three instances of each service and two gateways, which share their limits where there is a service for it, under load.

/** Clients of each gateway. */
const CLIENTS = 8
const UNLIMITED = 1_000_000

let suite: Suite
let limits: RateLimitService | undefined
const gateways: Gateway[] = []
const loads: Load[] = []
const report: string[] = []
const closing = new AsyncDisposableStack()

/** A gateway, and those who come by it: by another one as soon as `doors` are another's, as behind a load balancer. */
type Gateway = { running: RunningGateway; doors: Doors; readonly clients: Doors }

beforeAll(async () => {
  suite = closing.use(
    await startSuite({ instances: { guests: 3, rooms: 3, reservations: 3 }, ownPostgres: true, gateway: false }),
  )
  if (findRateLimitService() !== undefined) limits = closing.use(await startLimits())
  for (let n = 0; n < 2; n++) {
    const running = await startGateway()
    const gateway: Gateway = { running, doors: doorsOf(running), clients: undefined as never }
    Object.assign(gateway, {
      clients: {
        get gateway() {
          return gateway.doors.gateway
        },
        rest: (...args: Parameters<Suite['rest']>) => gateway.doors.rest(...args),
      },
    })
    gateways.push(gateway)
    loads.push(await startLoad(gateway.clients, CLIENTS, `load ${n}`))
  }
}, 120_000)
afterAll(async () => {
  await Promise.all(loads.map((load) => load.stop()))
  await closing.disposeAsync()
  if (report.length > 0) process.stdout.write(`${report.join('\n')}\n`)
})

const startLimits = () =>
  startRateLimitService({
    ...(suite.stack.issuer?.env ?? {}),
    ...{ GUESTS_ADDRESS: '127.0.0.1:1', ROOMS_ADDRESS: '127.0.0.1:1', RESERVATIONS_ADDRESS: '127.0.0.1:1' },
    ...{ RATE_LIMIT_PER_SECOND: String(UNLIMITED), STATUS_RATE_LIMIT_PER_MINUTE: String(UNLIMITED) },
  })

async function startGateway(): Promise<RunningGateway> {
  const shared = limits === undefined ? {} : { rateLimitService: limits.address }
  const { gateway, stop } = await startOwnGateway(suite.stack, { drainSeconds: 2, ...shared }, () => {})
  closing.defer(stop)
  return gateway
}

function doorsOf({ port }: RunningGateway): Doors {
  const address = `127.0.0.1:${port}`
  const { clients, close } = createClients(
    perService(() => address),
    suite.testerToken,
  )
  closing.defer(async () => close())
  return { gateway: { ...clients, address }, rest: suite.restAt(address) }
}

/** Does something to the suite under load, and waits until all clients are answered again; gives who failed, by code. */
async function disturb(what: string, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const began = performance.now()
  await act()
  await eventually(async () => {
    for (const load of loads) {
      const { ok, failed } = load.since(performance.now() - 500)
      expect(failed).toEqual({})
      expect(ok).toBeGreaterThan(CLIENTS / 2)
    }
  }, 20_000)
  const seen = loads.map((load) => load.since(began))
  const failed: Record<string, number> = {}
  for (const each of seen) for (const [code, n] of Object.entries(each.failed)) failed[code] = (failed[code] ?? 0) + n
  const answered = seen.reduce((sum, { ok }) => sum + ok, 0)
  const failures = Object.entries(failed).map(([code, n]) => `${n} ${code}`)
  report.push(`  ${what.padEnd(46)} ${String(answered).padStart(6)} answered, failed: ${failures.join(', ') || 'none'}`)
  return failed
}

function instanceOf(name: ServiceName, number: number): Supervised {
  const instance = suite.stack.services[name].instances[number - 1]
  if (instance === undefined) throw new Error(`${name} has no instance ${number}`)
  return instance
}

const total = (failed: Record<string, number>) => Object.values(failed).reduce((sum, n) => sum + n, 0)

test.each(serviceNames)(
  '%s: one of three that is killed fails only what it had in flight, as UNAVAILABLE',
  async (name) => {
    const instance = instanceOf(name, 1)
    const failed = await disturb(`${instance.name} killed and started`, async () => {
      await instance.kill()
      await instance.start()
    })
    expect(Object.keys(failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
    expect(total(failed)).toBeLessThanOrEqual(2 * CLIENTS)
  },
  60_000,
)

test('a gateway that is killed fails the calls of its own clients only, as UNAVAILABLE', async () => {
  const before = performance.now()
  const failed = await disturb('a gateway killed and started', async () => {
    await gateways[0]?.running.process.kill()
    await gateways[0]?.running.process.start()
  })
  expect(Object.keys(failed).filter((code) => code !== 'UNAVAILABLE')).toEqual([])
  expect(loads[1]?.since(before).failed).toEqual({})
}, 60_000)

test('the service of shared limits, where there is one, fails no call when it is killed', async () => {
  const failed = await disturb('the rate limit service killed and started', async () => {
    await limits?.kill()
    await limits?.start()
  })
  expect(failed).toEqual({})
}, 60_000)

// By the steps of Kubernetes: a job prepares the database; then, one at a time, a new instance becomes ready, and an old one
// is told to stop, which drains. Instance 3 is the place for one more.
test('an update fails no call: databases, then each service, an instance more and then one less', async () => {
  await disturb('the third instances stopped', () =>
    Promise.all(serviceNames.map((name) => instanceOf(name, 3).stop(DRAIN))),
  )
  for (const name of serviceNames) {
    const prepare = () => prepareDatabase(suite, name, suite.stack.postgres?.url ?? '')
    const job = await disturb(`${name}: the database prepared`, prepare)
    expect([name, job]).toEqual([name, {}])
    const failed = await disturb(`${name}: all instances replaced`, async () => {
      for (const [began, ended] of [
        [3, 1],
        [1, 2],
      ] as const) {
        await instanceOf(name, began).start()
        await gatewaysKnow(name, 3)
        await instanceOf(name, ended).stop(DRAIN)
      }
    })
    expect([name, failed]).toEqual([name, {}])
  }
}, 180_000)

/** What minReadySeconds waits for: each gateway sends calls to so many instances. */
async function gatewaysKnow(name: ServiceName, count: number): Promise<void> {
  for (const { running } of gateways)
    await eventually(async () => {
      const url = `http://127.0.0.1:${running.adminPort}/stats?filter=cluster.${name}.membership_healthy`
      expect(await (await fetch(url)).text()).toContain(`: ${count}`)
    }, 20_000)
}

test('and each gateway: a new one, then no new calls to the old one, then its signal', async () => {
  const failed = await disturb('both gateways replaced', async () => {
    for (const gateway of gateways) {
      const old = gateway.running
      gateway.running = await startGateway()
      gateway.doors = doorsOf(gateway.running)
      await old.process.stop()
    }
  })
  expect(failed).toEqual({})
}, 60_000)

test('after all that: no create ran twice, nothing acknowledged is lost, the view is true', async () => {
  await Promise.all(loads.map((load) => load.stop()))
  for (const load of loads) {
    expect(await contradictions(suite, load)).toEqual([])
    expect(load.clients.reduce((sum, { sent }) => sum + sent.size, 0)).toBeGreaterThan(50)
  }
  await demandViewIsTrue(suite)
})
