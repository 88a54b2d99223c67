/** Nights counted from the first day of the run by the location's own calendar; 0 nights is day use. */
export type PlannedStay = { readonly from: number; readonly nights: number }

/** What is planned to be called. Rooms and guests are places in the lists of the world. */
export type Act =
  | {
      readonly do: 'book'
      readonly place: number
      readonly rooms: readonly number[]
      readonly stay: PlannedStay
      readonly guest: number
      readonly holdSeconds?: number
    }
  | {
      readonly do: 'bookType'
      readonly place: number
      readonly type: number
      readonly count: number
      readonly stay: PlannedStay
      readonly guest: number
      readonly holdSeconds?: number
    }
  | { readonly do: 'block'; readonly place: number; readonly room: number; readonly stay: PlannedStay }
  | { readonly do: ActOnOne; readonly place: number; readonly of: Target }
  | { readonly do: 'move' | 'moveBlock'; readonly place: number; readonly of: Target; readonly stay: PlannedStay }
  | { readonly do: 'rehouse'; readonly place: number; readonly of: Target; readonly rooms: readonly number[] }
  | { readonly do: 'hand'; readonly place: number; readonly of: Target; readonly guest: number }
  | { readonly do: 'swap'; readonly place: number; readonly of: Target; readonly with: Target }
  | { readonly do: 'retireRoom' | 'restoreRoom' | 'renameRoom'; readonly place: number; readonly room: number }
  | { readonly do: 'deleteGuest' | 'restoreGuest' | 'renameGuest'; readonly place: number; readonly guest: number }
  | { readonly do: 'list' | 'stays'; readonly place: number }
  | { readonly do: 'free' | 'freeOfType'; readonly place: number; readonly stay: PlannedStay }

/** What is done to one reservation or block. */
export type ActOnOne =
  | 'note'
  | 'cancel'
  | 'restore'
  | 'confirm'
  | 'checkIn'
  | 'checkOut'
  | 'undoCheckIn'
  | 'undoCheckOut'
  | 'unblock'
  | 'get'

/**
 * Names of operations that make a reservation or a block; the first one that is known to have made something by then is
 * meant. So a plan does not depend on what happens.
 */
export type Target = readonly string[]

/** One operation of a client. */
export type Planned = {
  /** `c3.12`: the client and the number of the operation; also the subject of its token, so that its effects bear it. */
  readonly name: string
  readonly client: number
  readonly door: 'grpc' | 'rest'
  readonly gateway: 0 | 1
  /** Whether the call is sent again under its idempotency key, after its answer or at the same moment. */
  readonly repeat: 'never' | 'after' | 'together'
  /** Number of the rendezvous at which all clients call at the same moment. */
  readonly meeting?: number
  readonly act: Act
}

/** A fault, by when it begins and how long it lasts; what it is done to is a number that the nemesis takes modulo what there is. */
export type PlannedFault = {
  readonly atMs: number
  readonly forMs: number
  readonly kind: FaultKind
  readonly target: number
  /** What the clock is off by, the delay of a slow connection, the kilobytes that a file may have. */
  readonly amount: number
}

/** The kinds of faults. */
export const FAULT_KINDS = [
  'kill service',
  'kill gateway',
  'kill Redis',
  'kill Postgres',
  'pause service',
  'pause gateway',
  'pause Redis',
  'pause Postgres',
  'cut clients',
  'cut Postgres',
  'cut peers',
  'cut Redis',
  'slow clients',
  'slow Postgres',
  'slow peers',
  'slow Redis',
  'flush Redis',
  'poison Redis',
  'fill disk',
  'move clock',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** All that a run is to do: the operations of each client, and the faults. */
export type Plan = {
  readonly seed: number
  readonly seconds: number
  readonly clients: readonly (readonly Planned[])[]
  readonly faults: readonly PlannedFault[]
}
