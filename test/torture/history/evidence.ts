import type { Act, PlannedFault } from '../plan/operations.ts'

/** How a call ended, as its client saw it. */
export type Outcome =
  | { readonly is: 'ok'; readonly answer: Json }
  | ({ readonly is: 'refused' } & Refused)
  /** Nobody knows whether it had an effect, or will have one. The words are for people. */
  | { readonly is: 'unknown'; readonly code: string; readonly message?: string }

/** What a refusal says, without its prose. */
export type Refused = {
  readonly code: string
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>
  /** Of a PreconditionFailure: what is in the way. */
  readonly violations: readonly { readonly type: string; readonly subject: string; readonly description: string }[]
  /** Names of wrong fields. */
  readonly fields: readonly string[]
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many methods, as JSON.
export type Json = any

/** One sending of an operation's request. Times in milliseconds since the run began, and of the clock on the wall. */
export type Try = {
  readonly n: number
  readonly door: 'grpc' | 'rest'
  readonly gateway: number
  readonly start: number
  readonly wallStart: number
  end?: number
  wallEnd?: number
  outcome?: Outcome
}

/** What a client wanted, once: all of its tries have one idempotency key. */
export type Operation = {
  readonly name: string
  readonly client: number
  readonly act: Act
  readonly method: string
  readonly request: Json
  readonly tries: Try[]
}

/** A fault as it happened. */
export type Fault = { readonly planned: PlannedFault; readonly what: string; readonly start: number; end?: number }

/** What a watcher was told of the reservations of a hotel, in its order; a new stream begins after the last cursor. */
export type Watched = {
  readonly watcher: string
  readonly hotel: string
  readonly told: { readonly id: string; readonly version: number; readonly at: number }[]
}

/** A row of a service's table of changes. */
export type Change = {
  readonly hotel: string
  readonly seq: number
  readonly resource: string
  readonly id: string
  readonly version: number
  readonly kind: string
  readonly actor: string
  readonly time: string
  readonly payload: Json
}

/** What there is before the clients begin. */
export type World = {
  readonly places: readonly {
    readonly hotel: string
    readonly location: string
    readonly zone: string
    /** The first day of all stays. */
    readonly today: string
    readonly rooms: readonly string[]
    readonly types: readonly string[]
  }[]
  /** Of each place's hotel. */
  readonly guests: readonly (readonly string[])[]
}

/** What is there once all calls have ended, all faults are healed and the feeds have come through. */
export type Final = {
  readonly changes: { readonly reservations: Change[]; readonly guests: Change[]; readonly rooms: Change[] }
  readonly heads: { readonly service: string; readonly hotel: string; readonly seq: number }[]
  /** All rows of the resources' tables. */
  readonly rows: { readonly service: string; readonly resource: string; readonly row: Json }[]
  readonly legs: { hotel: string; holder: string; kind: string; room: string; from: string; until: string }[]
  /** What differs between the view and its base tables, by the database's own function. */
  readonly viewDiffers: Json[]
  /** Answers of the API, by place. */
  readonly free: Json[]
  readonly stays: Json[]
  /** Whether a part of the suite did not come back, or a watcher did not come to the end: what, and why. */
  readonly stuck: string[]
}

/** All that the judges go by. */
export type Evidence = {
  readonly seed: number
  readonly seconds: number
  readonly world: World
  readonly operations: readonly Operation[]
  readonly faults: readonly Fault[]
  readonly watched: readonly Watched[]
  /** When the machine had no time for any of it. */
  readonly stalls: readonly { readonly start: number; readonly end: number }[]
  /** By how many milliseconds services' clocks were off at most: behind, and ahead. */
  readonly clock: { readonly behind: number; readonly ahead: number }
  readonly final: Final
}

/** What is against an invariant. */
export type Violation = {
  readonly invariant: string
  /** The same in a shorter history: who and what it is about, not when. */
  readonly key: string
  readonly message: string
  /** When all that shows it was there, in milliseconds since the run began. */
  readonly at: number
  /** Operations and resources that it is about. */
  readonly about: readonly string[]
}
