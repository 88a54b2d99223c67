import type { ReservationServiceImplementation } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { StatusCheckServiceImplementation } from '@hotel/proto/hotel/reservations/v1/status_check'
import { Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { type CallContext, Metadata, Status } from 'nice-grpc'

/**
 * The header by which the gateway marks a change of status that its limit has not counted; it removes this header from
 * requests of clients.
 */
const MARK = 'x-hotel-status-change'
/** Of a call that only asks. */
const CHECK = 'check'

/**
 * Throws ChangedMeanwhile for a change that was found acceptable, but is not counted, or is only a check. Changes that only
 * Postgres would refuse are refused before that.
 */
export async function demandCounted(call: CallContext, { em }: Write): Promise<void> {
  if (!isUncounted(call)) return
  await em.flush()
  throw new ChangedMeanwhile()
}

/** Whether a call is to be refused, at last, whatever comes of it. */
export function isUncounted({ metadata }: CallContext): boolean {
  return metadata.has(MARK)
}

/** Whether a call only asks whether it would be accepted. */
export function isCheck({ metadata }: CallContext): boolean {
  return metadata.get(MARK) === CHECK
}

/** ABORTED of a change that is acceptable, but was not when the gateway asked, and so is not counted. */
class ChangedMeanwhile extends Refusal {
  constructor() {
    super(
      Status.ABORTED,
      'CHANGED_MEANWHILE',
      'the reservation changed while this change of status was checked: repeat it',
    )
  }
}

type Changes = Pick<ReservationServiceImplementation, 'updateReservation' | 'replaceReservation'>

/** Answers the gateway by making the change itself, up to the point where it would be committed. */
export function statusCheckService(changes: Changes): StatusCheckServiceImplementation {
  return {
    checkUpdateReservation: (request, call) => checked(call, (asking) => changes.updateReservation(request, asking)),
    checkReplaceReservation: (request, call) => checked(call, (asking) => changes.replaceReservation(request, asking)),
  }
}

async function checked<Call extends CallContext>(
  call: Call,
  change: (asking: Call) => Promise<unknown>,
): Promise<object> {
  try {
    await change({ ...call, metadata: Metadata(call.metadata).set(MARK, CHECK) })
  } catch (error) {
    if (!(error instanceof ChangedMeanwhile)) throw error
  }
  return {}
}
