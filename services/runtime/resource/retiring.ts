import { Status } from 'nice-grpc'
import { Refusal } from './refusal.ts'
import { change, type Write } from './write.ts'

/** A resource that the reservations service has to let go before it can be deleted. */
export type Retirable<Message extends object> = {
  version: number
  updateTime: Date
  updatedBy: string
  deleteTime?: Date | null | undefined
  retiringTime?: Date | null | undefined
  retiringBy?: string | null | undefined
  toProto(): Message
}

/** UNAVAILABLE: the deletion of the resource is under way. */
export function beingRetired(name: string): Refusal {
  return new Refusal(
    Status.UNAVAILABLE,
    'UNAVAILABLE',
    `the ${name} is being deleted, which is not decided as long as it has a retiring_time: repeat later`,
  )
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
  const message = `the reservations service does not answer now: the deletion of the ${name} is tried until ${until}, and it has a retiring_time meanwhile; undelete takes it back`
  return new Refusal(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', message, { peer: 'reservations', tried_until: until })
}
