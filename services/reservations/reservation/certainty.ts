import { Refusal } from '@hotel/runtime/errors/refusal'
import { NoRoom } from '../nights/no-room.ts'
import type { ReadThrough } from '../replicas/read-through.ts'
import { NotHeardOf } from './found-rules.ts'

/**
 * Runs a write on the data that this service has. If that is not enough, the owning services are asked as
 * refusedForCertain says, and the write is run again: `isAsked` says that they were asked. They must answer for each
 * resource of the request; a failure to get an answer is thrown.
 */
export async function askedIfNeeded<T>(
  { named }: Pick<ReadThrough, 'named'>,
  signal: AbortSignal,
  write: (isAsked: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await write(false)
  } catch (error) {
    if (!(error instanceof NotHeardOf)) throw error
    await named(error.asked.named, signal)
    return refusedForCertain(named(error.asked.own, signal), () => write(true))
  }
}

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

/**
 * Runs a write that a location's calendar may refuse. It is refused by the calendar that the rooms service has at this
 * moment: before, what is new there is asked for. While that one does not answer, the last known calendar counts.
 */
export async function refusedByPresentCalendar<T>(catchUp: () => Promise<void>, write: () => Promise<T>): Promise<T> {
  return write().catch(async (error) => {
    if (!(error instanceof Refusal) || !isOfTheCalendar(error)) throw error
    await catchUp().catch(() => {
      throw error
    })
    return write()
  })
}

const OF_THE_CALENDAR: ReadonlySet<string> = new Set([
  'CHECK_IN_TOO_EARLY',
  'CHECK_IN_TOO_LATE',
  'CHECK_OUT_TOO_EARLY',
  'UNDO_TOO_LATE',
])

/** Refusals with a reason that others have too. */
const marked = new WeakSet<Refusal>()

/** Marks a refusal as one by the calendar, where its reason does not say so. */
export function byCalendar(refusal: Refusal): Refusal {
  marked.add(refusal)
  return refusal
}

function isOfTheCalendar(refusal: Refusal): boolean {
  return OF_THE_CALENDAR.has(refusal.reason) || marked.has(refusal)
}

function isForWantOfParties(error: unknown): boolean {
  return error instanceof NoRoom || (error instanceof Refusal && error.reason === 'GUEST_DELETED')
}
