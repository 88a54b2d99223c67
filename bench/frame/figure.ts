/** What one round of a contender came to. */
export type Round = {
  /** In the unit of the figure. */
  readonly value: number
  /** Calls, or transactions, that were answered well. */
  readonly calls: number
  /** How long half of the calls, and all but a hundredth of them, took at most, in milliseconds. */
  readonly p50?: number
  readonly p99?: number
  /** Calls that were not answered well, by status. */
  readonly failed?: Readonly<Record<string, number>>
}

/** Processes whose processor time is measured, by what they are. */
export type Processes = Readonly<Record<string, readonly number[]>>

/** One of those that are compared. */
export type Side = {
  readonly name: string
  /** What makes the load: ghz, pgbench, h2load, or the bench itself. */
  readonly by: string
  /** Calls that are under way at once. */
  readonly inFlight: number
  readonly processes?: Processes
  /** What it shows the growth of, where it does. */
  readonly point?: Point
  /** Drives it for about so many seconds. */
  readonly round: (seconds: number) => Promise<Round>
}

/** One of several sizes at which the processor time of a call is measured: to see how it grows. */
export type Point = {
  readonly call: string
  /** What there is more of, as `reservations`; and how much. */
  readonly of: string
  readonly size: number
}

/** What the value of one side is to be of that of another, by their names. */
export type Comparison = {
  readonly of: string
  readonly to: string
  /** At least so many times it; and how much would be better still. */
  readonly must?: number
  readonly reach?: number
  /** At most so many times it: where less is better. */
  readonly most?: number
}

/** What is known of the values outside a run: a side of one value for all rounds. */
export function constant(name: string, value: number): Side {
  return { name, by: 'measured before', inFlight: 0, round: async () => ({ value, calls: 0 }) }
}

/** Something that was looked at after the rounds, and whether it was as it must be. */
export type Check = { readonly name: string; readonly ok: boolean; readonly found: string }

/** Something that is measured: its sides take turns, round after round. */
export type Figure = {
  /** Unique among all figures, in kebab-case. */
  readonly name: string
  /** What is measured, in words. */
  readonly title: string
  /** Of the values, as `calls/s` or `ms`. */
  readonly unit: string
  /** What is there before the first round, as `{ reservations: 100_000 }`. */
  readonly rows?: Readonly<Record<string, number>>
  /** How Postgres keeps what it acknowledges, where it is asked to keep anything. */
  readonly durability?: string
  readonly sides: readonly Side[]
  readonly comparisons: readonly Comparison[]
  /** What is looked at once all rounds are over. */
  readonly check?: () => Promise<readonly Check[]>
  /** Of a round, how many, and how long each side is driven before; otherwise those of the run. */
  readonly seconds?: number
  readonly rounds?: number
  readonly warmUpSeconds?: number
}
