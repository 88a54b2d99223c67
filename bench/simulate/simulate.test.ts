import { describe, expect, test } from '@jest/globals'
import { type Costs, KINDS, TIERS } from './costs.ts'
import { limitsOf, storageOf } from './limits.ts'
import { optionsOf } from './options.ts'
import { busiestShare, busyOf, nodesFor } from './plan.ts'
import { Heap, Station } from './queue.ts'
import { chooser, exponential, randomOf, zipfShares } from './random.ts'
import { simulate } from './simulation.ts'

/** How long work waits in a queue of c servers (M/M/c), by Erlang's formula. */
function erlangWait(perSecond: number, mean: number, servers: number): number {
  const offered = perSecond * mean
  let term = 1
  let sum = 1
  for (let n = 1; n < servers; n++) {
    term *= offered / n
    sum += term
  }
  const last = (term * offered) / servers / (1 - offered / servers)
  return ((last / (sum + last)) * mean) / (servers - offered)
}

describe('a station', () => {
  test.each([
    [8, 0.1, 1],
    [35, 0.1, 4],
    [120, 0.1, 16],
  ])('waits as Erlang says: %s/s of %s s at %s servers', (perSecond, mean, servers) => {
    const random = randomOf(7)
    const station = new Station(servers)
    let now = 0
    const count = 400_000
    for (let n = 0; n < count; n++) {
      now += exponential(random, 1 / perSecond)
      station.serve(now, exponential(random, mean))
    }
    const expected = erlangWait(perSecond, mean, servers)
    expect(Math.abs(station.waited / count - expected) / expected).toBeLessThan(0.1)
    // The part that is busy is λ·s/c.
    expect(station.utilisation(now)).toBeCloseTo((perSecond * mean) / servers, 1)
    expect(Math.abs(station.utilisation(now) - (perSecond * mean) / servers)).toBeLessThan(0.01)
  })

  test('serves one after another, first come, first served', () => {
    const station = new Station(1)
    expect([station.serve(0, 2), station.serve(1, 2), station.serve(10, 1)]).toEqual([2, 4, 11])
    expect([station.waited, station.busy, station.count]).toEqual([1, 5, 3])
  })
})

test('a heap gives what is in it in order', () => {
  const random = randomOf(3)
  const values = Array.from({ length: 1_000 }, random)
  const heap = new Heap<number>((value) => value)
  for (const value of values) heap.push(value)
  expect(values.map(() => heap.pop())).toEqual(values.toSorted((a, b) => a - b))
  expect([heap.pop(), heap.size]).toEqual([undefined, 0])
})

test('hotels are chosen as often as their shares say, which are 1 together', () => {
  const shares = zipfShares(1_000, 0.8)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1)
  expect((shares[0] ?? 0) / (shares[9] ?? 1)).toBeCloseTo(10 ** 0.8)
  const choose = chooser(shares, randomOf(5))
  const chosen = Array.from({ length: 100_000 }, choose)
  expect(chosen.filter((hotel) => hotel === 0).length / 100_000).toBeCloseTo(shares[0] ?? 0, 2)
  expect(Math.max(...chosen)).toBeLessThan(1_000)
  expect(busiestShare(zipfShares(1_000, 0), 1)).toBeCloseTo(1)
  expect(busiestShare(zipfShares(100_000, 0), 10)).toBeCloseTo(0.1, 2)
})

const cost = { gateway: 0.0003, service: 0.0005, postgres: 0.0002, redis: 0.00001 }
const costs = Object.fromEntries(KINDS.map((kind) => [kind, cost])) as Costs
const { demand, ...options } = optionsOf(['--hotels', '1000', '--reads', '10000', '--creates', '500', '--cores', '4'])
const rows = {
  at: '',
  bytesPerRow: { guest: 100, room: 200, 'copy of a guest': 50, 'copy of a room': 60 },
  createBytes: 2 ** 10,
  createWalBytes: 2 ** 11,
  followMicros: { service: 500, postgres: 300 },
}

test('the nodes are as many as λ·s/c needs, and the simulated ones are as busy as that says', () => {
  const nodes = nodesFor(demand, costs)
  const given = { demand, costs, nodes, hotelLimit: 2_000, seconds: 4, seed: 2 }
  const { utilisation, times, calls } = simulate(given)
  for (const tier of TIERS) {
    const servers = nodes[tier] * (tier === 'redis' ? 1 : demand.cores)
    const part = busyOf(demand, costs, tier, nodes[tier]) / servers
    expect(part).toBeLessThanOrEqual(demand.target)
    expect(Math.abs(utilisation[tier].mean - part)).toBeLessThan(0.02)
    expect(utilisation[tier].busiest).toBeGreaterThanOrEqual(utilisation[tier].mean)
  }
  // What comes in goes out.
  expect(Object.values(times).reduce((sum, each) => sum + each.calls, 0)).toBe(calls)
  expect(Math.abs(calls / 4 - 10_500)).toBeLessThan(300)
  // None is sooner than its work: the mean of it is a millisecond.
  expect(times['get guest']?.p50).toBeGreaterThan(0.5)
})

test('the same seed simulates the same, another one something else', () => {
  const given = { demand, costs, nodes: nodesFor(demand, costs), hotelLimit: 2_000, seconds: 1, seed: 2 }
  expect(simulate(given)).toEqual(simulate(given))
  expect(simulate({ ...given, seed: 3 })).not.toEqual(simulate(given))
})

test('what is used most is told first', () => {
  const nodes = { gateway: 4, service: 5, postgres: 4, redis: 1 }
  const given = { demand, costs, nodes, rows, hotelLimit: 10, guestChanges: 10, processes: 4 }
  const [first, ...others] = limitsOf(given)
  // One hotel takes 10 creates a second here.
  expect(first?.name).toBe('one hotel, creates')
  expect(first?.used).toBeGreaterThan(1)
  expect(others.map(({ used }) => used)).toEqual(others.map(({ used }) => used).sort((a, b) => b - a))
  expect(limitsOf({ ...given, hotelLimit: 1e6, guestChanges: 1e5 })[0]?.name).toMatch(/^feed readers/)
})

test('storage is rows times bytes', () => {
  const storage = storageOf({ demand: { ...demand, rooms: 2 ** 20, creates: 1_000 }, rows }, 2, 0.5)
  expect(storage.own).toBeCloseTo((2 ** 21 * 100 + 2 ** 20 * 200) / 2 ** 30)
  expect(storage.copies).toBeCloseTo((2 ** 21 * 50 + 2 ** 20 * 60) / 2 ** 30)
  expect(storage.perYear).toBeCloseTo((500 * 365 * 86_400 * 2 ** 10) / 2 ** 30)
  expect(storage.walPerSecond).toBeCloseTo((1_000 * 2 ** 11) / 2 ** 20)
})

test.each([
  [['--zipf', '3'], '--zipf 3 is not from 0 to 2'],
  [['--hotels', '1.5'], '--hotels 1.5 is not a whole number'],
  [['--reads', 'many'], '--reads many is not a number'],
  [['--get-guest', '0.5'], 'are 1.200 together: make it 1'],
  [['--rate', '1'], 'npm run simulate -- --help'],
])('%p is refused, and told what to do', (args, words) => {
  expect(() => optionsOf(args)).toThrow(words)
})

test('the defaults are those of the plan', () => {
  expect(optionsOf([]).demand).toMatchObject({ hotels: 100_000, rooms: 10_000_000, creates: 1_000, reads: 100_000 })
  expect(options.price).toBeUndefined()
})
