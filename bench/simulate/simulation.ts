import { ascending, quantile } from '../frame/statistics.ts'
import { type Costs, KINDS, type Kind, TIERS, type Tier } from './costs.ts'
import { costOf, type Demand, type Nodes, ratesOf, serversOf } from './plan.ts'
import { Heap, Station } from './queue.ts'
import { chooser, exponential, nodeOf, randomOf, zipfShares } from './random.ts'

/** What came of some seconds of the peak. */
export type Simulated = {
  readonly seconds: number
  readonly calls: number
  /** How long half of the calls of a kind took, and all but a hundredth of them, in milliseconds. */
  readonly times: Readonly<Record<string, { readonly p50: number; readonly p99: number; readonly calls: number }>>
  /** The part of each tier that was busy: of all its nodes, and of the busiest. */
  readonly utilisation: Readonly<Record<Tier, { readonly mean: number; readonly busiest: number }>>
}

export type Simulation = {
  readonly demand: Demand
  readonly costs: Costs
  readonly nodes: Nodes
  /** Creates a second that one hotel takes. */
  readonly hotelLimit: number
  readonly seconds: number
  readonly seed: number
}

type Call = { at: number; readonly kind: Kind; readonly hotel: number; readonly began: number; stage: number }

/**
 * Simulates calls that come as they please (a Poisson process), each of a hotel by its popularity: it waits for a processor of
 * a gateway, of a service, for the head of its hotel when it writes, for the node of Postgres that has the hotel, and for
 * Redis. How long each keeps a processor is as measured in the mean, and without memory: so waits are rather too long.
 */
export function simulate({ demand, costs, nodes, hotelLimit, seconds, seed }: Simulation): Simulated {
  const random = randomOf(seed)
  const rates = ratesOf(demand)
  const perSecond = KINDS.reduce((sum, kind) => sum + rates[kind], 0)
  const kindOf = chooser(
    Float64Array.from(KINDS, (kind) => rates[kind]),
    random,
  )
  const hotelOf = chooser(zipfShares(demand.hotels, demand.zipf), random)
  const stations = new Map(
    TIERS.map((tier) => [tier, Array.from({ length: nodes[tier] }, () => new Station(serversOf(tier, demand.cores)))]),
  )
  const heads = new Map<number, Station>()
  const events = new Heap<Call>(({ at }) => at)
  const times = new Map<Kind, number[]>()
  const arrive = (after: number) => {
    const at = after + exponential(random, 1 / perSecond)
    if (at < seconds) events.push({ at, began: at, kind: KINDS[kindOf()] as Kind, hotel: hotelOf(), stage: 0 })
  }
  const waitFor = (call: Call, tier: Tier) => {
    const cost = costOf(costs, call.kind, tier, nodes[tier], demand.spread)
    if (cost === 0) return call.at
    const all = stations.get(tier) ?? []
    const at = tier === 'postgres' ? nodeOf(call.hotel, all.length) : Math.floor(random() * all.length)
    return all[at]?.serve(call.at, exponential(random, cost)) ?? call.at
  }
  /** Creates of one hotel are decided one after another; a group shares the time, so each has a part of it. */
  const waitForHead = (call: Call) => {
    const head = heads.get(call.hotel) ?? new Station(1)
    heads.set(call.hotel, head)
    return head.serve(call.at, exponential(random, 1 / hotelLimit))
  }
  const stages: readonly ((call: Call) => number)[] = [
    (call) => waitFor(call, 'gateway'),
    (call) => waitFor(call, 'service'),
    (call) => (call.kind === 'create' ? waitForHead(call) : call.at),
    (call) => waitFor(call, 'postgres'),
    (call) => waitFor(call, 'redis'),
  ]
  let calls = 0
  arrive(0)
  for (let call = events.pop(); call !== undefined; call = events.pop()) {
    if (call.stage === 0) {
      calls += 1
      arrive(call.at)
    }
    const stage = stages[call.stage]
    if (stage === undefined) {
      const all = times.get(call.kind) ?? []
      times.set(call.kind, all)
      all.push((call.at - call.began) * 1_000)
      continue
    }
    call.at = stage(call)
    call.stage += 1
    events.push(call)
  }
  return {
    seconds,
    calls,
    times: Object.fromEntries(
      [...times].map(([kind, all]) => {
        const sorted = ascending(all)
        return [kind, { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), calls: all.length }]
      }),
    ),
    utilisation: Object.fromEntries(
      [...stations].map(([tier, all]) => {
        const parts = all.map((station) => station.utilisation(seconds))
        return [tier, { mean: parts.reduce((sum, part) => sum + part, 0) / parts.length, busiest: Math.max(...parts) }]
      }),
    ) as Simulated['utilisation'],
  }
}
