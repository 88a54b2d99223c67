import type { Change } from '@hotel/proto/hotel/feed/v1/feed'

/** Where a replica stands in a peer's feed. */
export type Standing = {
  /** Identity of the numbering of this service's own database, when it was asked. */
  readonly own: string
  /** The peer's epoch as it was last seen. */
  readonly epoch: string | undefined
  /** The number of each hotel's last applied change. */
  readonly applied: Map<string, bigint>
  /** Hotels of which something may be here that the peer had under an earlier epoch and has no more. */
  readonly unsure: Set<string>
}

/** A page of changes of one hotel: what is wanted of those after a number up to another. */
export type Page = {
  readonly epoch: string
  readonly after: bigint
  readonly upTo: bigint
  readonly changes: readonly Change[]
}

/**
 * A copy of what a peer's feed tells of, in this service's own database, where other instances fill it too. What is asked
 * for another place than the database has throws Renumbered and does nothing; what the signal aborts does nothing either.
 */
export type Replica = {
  load(): Promise<Standing>
  /** Starts over from 0 under a new epoch, unless another instance has done so; gives where it stands then. */
  restart(known: string | undefined, epoch: string): Promise<Standing>
  /** Applies changes of one hotel and stores the place in the same transaction. Applying twice is harmless. */
  apply(hotel: string, page: Page, signal: AbortSignal): Promise<void>
  /** Takes some of what the peer has no more for deleted, once all that it has is applied; true when no more is left. */
  forget(hotel: string, epoch: string, signal: AbortSignal): Promise<boolean>
  /** Throws when the database does not answer at all. */
  demandDatabase(): Promise<void>
}

/** The peer's database or this service's own was restored: what was known of numbers is void. */
export class Renumbered extends Error {
  override readonly message = 'a database was restored: earlier numbers are not valid any more'
}
