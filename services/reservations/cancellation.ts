import { invalidFields } from '@hotel/runtime/resource/refusal'
import { optionalText } from '@hotel/runtime/resource/text-rules'
import { optional } from '@hotel/runtime/resource/valid'
import { change, type Write } from '@hotel/runtime/resource/write'
import type { Found } from './found.ts'
import { release } from './occupancy.ts'
import { type Cause, cause, invalidTransition } from './reservation.ts'

/** The rules of what may be said of a cancellation. */
export const cancellationRules = { reason: optional(optionalText(2000)), cause }

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
    throw invalidFields([{ field: 'cause', description: `is NO_SHOW from ${inDate} on, and it is ${today} there` }])
  await release(write, hotelId, [{ id }])
  change(reservation, { deleteTime: write.now, ...said }, write)
}
