import { type Costs, KINDS, type Kind, TIERS, type Tier } from './costs.ts'
import { nodeOf, zipfShares } from './random.ts'

/** What is wanted at the peak, and of what machines. */
export type Demand = {
  readonly hotels: number
  readonly rooms: number
  /** At the peak, a second. */
  readonly creates: number
  readonly reads: number
  /** How much more popular hotels are wanted: the exponent of Zipf's law; 0 where all are alike. */
  readonly zipf: number
  /** Which part of the reads is of each kind; together 1. */
  readonly mix: Readonly<Record<Exclude<Kind, 'create'>, number>>
  /** Processors of a node, and the part of them that is to be busy at the peak. */
  readonly cores: number
  readonly target: number
  /** Where the nodes are, all but those of Postgres in equal parts: one may be away. */
  readonly regions: number
  /** By how much more a call takes of Postgres where hotels are spread over several nodes. */
  readonly spread: number
}

/** Nodes of each tier. */
export type Nodes = Readonly<Record<Tier, number>>

/** Calls of each kind a second. */
export function ratesOf({ creates, reads, mix }: Pick<Demand, 'creates' | 'reads' | 'mix'>): Record<Kind, number> {
  return Object.fromEntries(KINDS.map((kind) => [kind, kind === 'create' ? creates : reads * mix[kind]])) as Record<
    Kind,
    number
  >
}

/** A Redis does its work on one processor, whatever the node has. */
export function serversOf(tier: Tier, cores: number): number {
  return tier === 'redis' ? 1 : cores
}

/** Seconds of a processor that a call takes in a tier, with Postgres spread over several nodes or not. */
export function costOf(costs: Costs, kind: Kind, tier: Tier, nodes: number, spread: number): number {
  return costs[kind][tier] * (tier === 'postgres' && nodes > 1 ? spread : 1)
}

/** The processors that a tier keeps busy: Σ λ·s. */
export function busyOf(demand: Demand, costs: Costs, tier: Tier, nodes: number): number {
  const rates = ratesOf(demand)
  return KINDS.reduce((sum, kind) => sum + rates[kind] * costOf(costs, kind, tier, nodes, demand.spread), 0)
}

/** With a region away the others are no busier than this. */
const AWAY = 0.9

/**
 * How many nodes each tier needs, so that the part of them that is to be busy is, and the work goes on with one region away; of
 * Postgres by the busiest node, whose standby is somewhere else.
 */
export function nodesFor(demand: Demand, costs: Costs): Nodes {
  const shares = zipfShares(demand.hotels, demand.zipf)
  const nodes = TIERS.map((tier) => {
    const { regions, cores, target } = demand
    const isSpread = tier !== 'postgres' && regions > 1
    const part = isSpread ? Math.min(target, (AWAY * (regions - 1)) / regions) : target
    const perNode = serversOf(tier, cores) * part
    const step = isSpread ? regions : 1
    for (let count = step; ; count += step) {
      const busy = busyOf(demand, costs, tier, count)
      const hottest = tier === 'postgres' ? busiestShare(shares, count) : 1 / count
      if (busy * hottest <= perNode) return [tier, count]
      // A hotel is on one node, however many there are.
      if (tier === 'postgres' && count > 4 * (busy / perNode) + 1) return [tier, Math.ceil(busy / perNode)]
    }
  })
  return Object.fromEntries(nodes)
}

/** The part of all work that the busiest of so many nodes has, with each hotel on one of them. */
export function busiestShare(shares: Float64Array, nodes: number): number {
  const load = new Float64Array(nodes)
  for (let hotel = 0; hotel < shares.length; hotel++) {
    const node = nodeOf(hotel, nodes)
    load[node] = (load[node] ?? 0) + (shares[hotel] ?? 0)
  }
  return load.reduce((most, share) => Math.max(most, share), 0)
}
