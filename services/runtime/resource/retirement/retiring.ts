import type { EntityClass } from '@mikro-orm/postgresql'
import { type ClientError, Status } from 'nice-grpc'
import type { FeedListener } from '../../changes/feed-listener.ts'
import { type MikroORM, query } from '../../database/database.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { Logger } from '../../process/log.ts'
import { etagMismatch } from '../../read/etag.ts'
import { change } from '../entity-fields.ts'
import type { Write, Writer } from '../write.ts'

/** How long a deletion is tried. Nobody expects one much later, when the reservations service is back at last. */
export const GIVE_UP_AFTER = '10 minutes'

/** A resource; one that the reservations service has to let go before it can be deleted has a `retiringTime` and a `retiringBy`. */
export type Retirable<Message extends object> = {
  version: number
  updateTime: Date
  updatedBy: string
  deleteTime?: Date | null | undefined
  retiringTime?: Date | null | undefined
  retiringBy?: string | null | undefined
  toProto(): Message
}

/** The subject of a decision: the resource as it was when it was marked, and the number of its mark. */
export type Mark = { readonly hotel: string; readonly id: string; readonly version: number; readonly attempt: number }

/** The parts that a deletion across two services uses. */
export type RetirementDeps = {
  readonly orm: MikroORM
  readonly writer: Writer
  readonly log: Logger
  /** Is asked whether a deletion was left behind. */
  readonly heads: Pick<FeedListener, 'ask'>
}

/** One kind of resource that is deleted so. */
export type Retired<Message extends object> = RetirementDeps & {
  /** Of the resource, and of its table. */
  name: 'guest' | 'room'
  entity: EntityClass<Retirable<Message>>
  /** Asks for the decision; rejects with FAILED_PRECONDITION when it is refused. */
  ask: (mark: Mark, signal: AbortSignal) => Promise<unknown>
  /** The refusal that the caller gets for a refused decision. */
  refusal: (id: string, error: ClientError) => Refusal
}

/** UNAVAILABLE: the deletion of the resource is under way. */
export function beingRetired(name: string): Refusal {
  return new Refusal(
    Status.UNAVAILABLE,
    'UNAVAILABLE',
    `the ${name} is being deleted, which is undecided while it has a retiring_time: repeat later`,
  )
}

/** ETAG_MISMATCH of a deletion that somebody has taken back while it was decided: the resource has this etag since. */
export function takenBack(name: string, etag: string): Refusal {
  const message = `the deletion of the ${name} was withdrawn while it was decided, and nothing is deleted: its etag is now ${etag}`
  return etagMismatch(etag, message)
}

/**
 * Takes the mark from a live resource without a decision about it. That is a change of the resource: what is agreed to, or
 * will yet be, is of the version before, and is lifted by this one.
 */
export function takeBack<Message extends object>(resource: Retirable<Message>, written: Write): void {
  change(resource, { retiringTime: null, retiringBy: null }, written)
}

/** Whether nobody has decided yet. */
export function isUndecided(error: unknown): boolean {
  return error instanceof Refusal && error.reason === 'PEER_UNAVAILABLE'
}

/** PEER_UNAVAILABLE of a deletion that goes on without its caller. */
export function triedUntil(name: string, until: string): Refusal {
  const message = `the reservations service does not answer now: the deletion of the ${name} is tried until ${until}, and it has a retiring_time until then; undelete withdraws the deletion`
  return new Refusal(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', message, { peer: 'reservations', tried_until: until })
}

/** Deletes a resource that the reservations service has let go. */
export function deleteNow<Message extends object>(resource: Retirable<Message>, written: Write): void {
  change(resource, { deleteTime: written.now, retiringTime: null, retiringBy: null }, written)
}

/** Up to the attempt that was refused: a later one has a mark of its own. No change of the resource for its readers. */
export async function clearMarks<Message extends object>(
  { writer, name }: Retired<Message>,
  mark: Mark,
  signal: AbortSignal,
): Promise<void> {
  await writer.underHead(mark.hotel, signal, {
    apply: ({ em }) =>
      query(
        em,
        `update ${name} set retiring_time = null, retiring_by = null
         where hotel_id = $1 and id = $2 and retire_attempt <= $3`,
        [mark.hotel, mark.id, mark.attempt],
      ),
  })
}
