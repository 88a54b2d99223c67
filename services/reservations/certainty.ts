import { Refusal } from '@hotel/runtime/resource/refusal'
import { NoRoom } from './unavailable.ts'

/**
 * Runs a write once this service has asked for what it depends on and may not have heard of. When that can not be known,
 * the write is tried all the same: what is known to be free is given. Only a refusal for want of a room or guest, which
 * might be wrong then, becomes the reason why nobody knows.
 */
export async function refusedForCertain<T>(asked: Promise<void>, write: () => Promise<T>): Promise<T> {
  const unsure: unknown = await asked.then(
    () => undefined,
    (error) => error,
  )
  return write().catch((error) => {
    throw unsure !== undefined && isForWantOfParties(error) ? unsure : error
  })
}

function isForWantOfParties(error: unknown): boolean {
  return error instanceof NoRoom || (error instanceof Refusal && error.reason === 'GUEST_DELETED')
}
