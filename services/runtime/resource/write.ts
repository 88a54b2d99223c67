import type { CallContext } from 'nice-grpc'
import type { HotelsOfIds } from '../access/hotels-of-ids.ts'
import type { EntityManager } from '../database/database.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { Shares } from './under-head.ts'
import type { AtHead } from './write-group.ts'
import type { Scope } from './write-scope.ts'

/** A write under way: its transaction, its time, who does it, and how it asks along with others of its transaction. */
export type Write = Pick<AtHead, 'now' | 'together'> & {
  readonly em: EntityManager
  readonly actor: string
  /** Says what breaking a constraint, by its name, comes to. */
  breaks(constraint: string, refusal: () => Refusal): void
}

/**
 * The resources of a call that changes several, all or none, and how a repeat of it is answered: from the messages of them
 * all, in the order of the feed. Which they are may be known only once it is applied, and they may be none.
 */
export type Several<Answer> = { readonly ids: readonly string[]; answer(messages: object[]): Answer }

/** What a write does. */
export type Work<Answer extends object, Loaded = undefined> = {
  /**
   * Sends what it asks the database, which `apply` is to decide by, along with taking the head; called anew for each
   * attempt. It must send all at once, and change nothing.
   */
  load?(em: EntityManager): Promise<Loaded>
  /**
   * Decides, changes entities, and returns how to answer, called once these changes are committed. Where it shares its
   * transaction, nothing else may throw once it has changed something.
   */
  apply(write: Write, loaded: Loaded): Promise<() => Answer> | (() => Answer)
  /** What it may share its transaction by. */
  readonly shares?: Shares
  readonly several?: Several<Answer>
}

/**
 * Runs a write in one transaction that first takes the hotel's feed head: so writers of a hotel come one after another,
 * and all that the work reads stands until it commits. Writes that wait and may share a transaction do; to each the
 * others are as those that came before or after it.
 *
 * A call with an `idempotency-key` is answered from the change that its first one caused, or found its resource at; its key
 * is stored in the same transaction, and repeats that run at once wait at the head. Throws what `apply` throws; a broken
 * constraint as the Refusal of its name.
 */
export type Writer = {
  /** In which hotel a write is. */
  readonly hotels: HotelsOfIds

  write<Answer extends object, Loaded>(
    call: CallContext,
    method: string,
    request: object,
    scope: Scope,
    work: Work<Answer, Loaded>,
  ): Promise<Answer>

  /** The first answer of a call that is a repeat, undefined otherwise: for a write that asks a peer before it begins. */
  replay<Answer extends object>(
    call: CallContext,
    method: string,
    request: object,
    scope: Scope,
  ): Promise<Answer | undefined>

  /**
   * A write of the service itself, by `system`, in a bounded time: throws UNAVAILABLE when the hotel's head is not to be
   * had, or the time of the call on whose behalf it is made is over; ends early, undone, when the signal aborts.
   */
  system(hotel: string, apply: (write: Write) => Promise<void>, signal?: AbortSignal): Promise<void>

  /** A transaction under the hotel's head that changes no resource, of a call or of the service itself. */
  underHead<T, Loaded = undefined>(hotel: string, signal: AbortSignal, work: Under<T, Loaded>): Promise<T>
}

/** What a transaction under a head does; `load` as that of a Work. */
export type Under<T, Loaded = undefined> = {
  load?(em: EntityManager): Promise<Loaded>
  apply(write: Omit<Write, 'actor' | 'breaks'>, loaded: Loaded): Promise<T>
}
