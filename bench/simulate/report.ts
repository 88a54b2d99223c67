import { rounded } from '../frame/table.ts'
import { type Costs, KINDS, TIERS } from './costs.ts'
import type { Limit, Storage } from './limits.ts'
import type { Options } from './options.ts'
import { busyOf, type Nodes, serversOf } from './plan.ts'
import type { Simulated } from './simulation.ts'

/** What a run came to. */
export type Outcome = {
  readonly options: Options
  readonly costs: Costs
  readonly nodes: Nodes
  readonly limits: readonly Limit[]
  readonly storage: Storage
  readonly simulated: Simulated
}

/** The tables of a run, in the form of Markdown. */
export function reportOf(outcome: Outcome): string {
  return [
    ...demandOf(outcome),
    ...tiersOf(outcome),
    ...timesOf(outcome),
    ...limitsOf(outcome),
    ...storageWords(outcome),
  ].join('\n')
}

function demandOf({ options: { demand, seed, seconds } }: Outcome): string[] {
  const { hotels, rooms, creates, reads, zipf, cores } = demand
  const count = (value: number) => value.toLocaleString('en')
  return [
    `${count(hotels)} hotels, ${count(rooms)} rooms; at the peak ${count(creates)} creates/s and ${count(reads)} reads/s;`,
    `hotels by Zipf's law with ${zipf}; nodes of ${cores} processors; ${seconds} s simulated by the seed ${seed}.\n`,
  ]
}

function tiersOf({ options, costs, nodes, simulated }: Outcome): string[] {
  const { demand, price } = options
  const all = TIERS.reduce((sum, tier) => sum + nodes[tier], 0)
  return [
    '| tier | processors busy | nodes | busy, λ·s/c | busy, simulated | the busiest node | with one region away |',
    '|---|---|---|---|---|---|---|',
    ...TIERS.map((tier) => {
      const busy = busyOf(demand, costs, tier, nodes[tier])
      const part = busy / (nodes[tier] * serversOf(tier, demand.cores))
      const { mean, busiest } = simulated.utilisation[tier]
      // A standby takes the place of a node of Postgres; the others do the work of those that are away.
      const away = tier === 'postgres' || demand.regions < 2 ? part : (part * demand.regions) / (demand.regions - 1)
      return `| ${[tier, rounded(busy), nodes[tier], ...[part, mean, busiest, away].map(percent)].join(' | ')} |`
    }),
    `\n${all} nodes${price === undefined ? '' : `, ${rounded(all * price)} an hour, for ${rounded((all * price) / (demand.creates * 3.6))} a thousand creates at the peak`}; beside them a standby for each node of Postgres.\n`,
  ]
}

function timesOf({ simulated }: Outcome): string[] {
  return [
    '| call | simulated | p50, ms | p99, ms |',
    '|---|---|---|---|',
    ...KINDS.map((kind) => {
      const times = simulated.times[kind]
      return `| ${[kind, (times?.calls ?? 0).toLocaleString('en'), rounded(times?.p50 ?? Number.NaN), rounded(times?.p99 ?? Number.NaN)].join(' | ')} |`
    }),
    '',
  ]
}

function limitsOf({ limits }: Outcome): string[] {
  return [
    '| what breaks, the first at the top | used at the peak | lasts for | of |',
    '|---|---|---|---|',
    ...limits.map(
      ({ name, used, words }) => `| ${[name, percent(used), `${rounded(1 / used)} × the peak`, words].join(' | ')} |`,
    ),
    '',
  ]
}

function storageWords({
  options: { disk },
  storage: { own, copies, perYear, walPerSecond },
  nodes,
}: Outcome): string[] {
  const free = disk - (own + copies) / nodes.postgres
  const years = (free * nodes.postgres) / perYear
  return [
    `On disk: ${rounded(own)} GiB of guests and rooms, ${rounded(copies)} GiB of their copies beside the reservations, and`,
    `${rounded(perYear)} GiB more a year (${rounded(perYear / nodes.postgres)} a node) of reservations with their history. Log: ${rounded(walPerSecond)} MiB/s`,
    `at the peak, to each standby. The disks of ${disk.toLocaleString('en')} GiB are full after ${rounded(years)} years.`,
  ]
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`
}
