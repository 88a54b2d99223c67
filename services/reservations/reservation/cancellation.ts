import { optional } from '@hotel/runtime/call/valid'
import { invalidFields } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { release } from '../nights/occupancy.ts'
import { byCalendar } from './certainty.ts'
import type { Found } from './found.ts'
import { type Cause, cause, invalidTransition, reason } from './reservation.ts'

/** The rules of what may be said of a cancellation. */
export const cancellationRules = { reason: optional(reason), cause }

/**
 * Cancels a reservation in the write's transaction: its nights are free. Throws INVALID_TRANSITION, and INVALID_FIELD for a
 * guest who has not come before the day of coming.
 */
export async function cancel(
  { reservation, today }: Found,
  said: { readonly reason: string | null; readonly cause: Cause | null },
  write: Write,
): Promise<void> {
  const { id, hotelId, status, inDate } = reservation
  if (status !== 'PENDING') throw invalidTransition(status, 'DELETED')
  if (said.cause === 'NO_SHOW' && today < inDate)
    throw byCalendar(
      invalidFields([
        { field: 'cause', description: `can be NO_SHOW from ${inDate} on, and it is ${today} at the location` },
      ]),
    )
  await release(write, hotelId, [{ id }])
  change(reservation, { deleteTime: write.now, ...said }, write)
}
