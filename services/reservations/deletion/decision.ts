import type { EntityManager } from '@hotel/runtime/database/database'
import type { Refusal } from '@hotel/runtime/errors/refusal'
import type { Mark } from '@hotel/runtime/resource/retirement/retiring'
import type { Write } from '@hotel/runtime/resource/write'
import type { Feed } from '../replicas/feeds.ts'

/** How one kind of resource is decided about, in a transaction that holds the hotel's feed head. */
export type Decision<InTheWay> = {
  /** The feed that tells of it: versions and attempts are comparable within a generation of it. */
  feed: Feed
  /** Whether it is retired as of this version or a later one. */
  isAgreed(em: EntityManager, mark: Mark): Promise<boolean>
  /** The current or future reservations and blocks that prevent it; undefined when there are none. */
  inTheWay(write: Write, mark: Mark): Promise<InTheWay | undefined>
  /** Retires it; false, without effect, when that can not be after all. */
  retire(write: Write, mark: Mark): Promise<boolean>
  refusal(mark: Mark, inTheWay: InTheWay | undefined): Refusal
}
