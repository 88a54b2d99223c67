import { type HeadOf, headLines, type Limits, type Turn } from './head-lines.ts'

/** Thrown by an attempt: others held the head for longer than the attempt was to wait. */
export class HeadIsHeld extends Error {}

/** Thrown by an attempt that has the head: others held a row that it needs for longer than such a wait may be. */
export class RowIsHeld extends Error {}

/** Thrown by an attempt that had taken others along, and could not: nothing is left of it, and each gets a turn for itself. */
export class NotTogether extends Error {}

/** Why nobody got to the head in time, or why no more callers may wait for it. */
export class HotelIsBusy extends Error {}

/**
 * Runs an attempt when its turn comes. With a task, another's turn may take that along: then it gives what came of it instead.
 * A task that throws HeadIsHeld or NotTogether gets another turn, before those that came later; after NotTogether, alone.
 * Throws HotelIsBusy when the time is over or the queue is full, and the reason of the signal once that aborts.
 */
export type Turns<Task = never> = <T>(
  hotel: string,
  signal: AbortSignal,
  attempt: (turn: Turn<Task>) => Promise<T>,
  task?: Task,
) => Promise<T>

/** Makes the Turns of a process, in the lines of its hotels. */
export function turns<Task = never>(limits: Limits): Turns<Task> {
  const { hotelOf, join, setStuck } = headLines<Task>(limits)
  return async <T>(id: string, signal: AbortSignal, attempt: (turn: Turn<Task>) => Promise<T>, task?: Task) => {
    const hotel = hotelOf(id)
    if (hotel.queue.length >= limits.waiting[hotel.pace]) throw new HotelIsBusy('too many wait for the head')
    using patience = patienceWith(hotel, limits.waitMs)
    const ending = AbortSignal.any([signal, patience.signal])
    const busy = (error: unknown) =>
      patience.signal.aborted && !signal.aborted ? new HotelIsBusy('the head could not be taken') : error
    let joined = join(hotel, 'push', ending, task)
    for (;;) {
      const place = await joined.catch((error) => Promise.reject(busy(error)))
      const isAlong = 'outcome' in place
      try {
        const result = isAlong ? await (place.outcome as Promise<T>) : await attempt(place)
        setStuck(hotel, false)
        if (!isAlong) place.leave()
        return result
      } catch (error) {
        if (error instanceof RowIsHeld) setStuck(hotel, true)
        const isForItself = error instanceof NotTogether
        if (!(error instanceof HeadIsHeld || isForItself)) {
          if (!isAlong) place.leave()
          throw error
        }
        // In line before the place is left, which is when the next one is let in.
        joined = join(hotelOf(id), 'unshift', ending, isForItself ? undefined : task)
        if (!isAlong) place.leave(isForItself ? undefined : 'slow')
      }
    }
  }
}

const LOOK_EVERY_MS = 500

/** Aborts when a caller has waited for long enough, which is sooner while somebody else holds the head. */
function patienceWith<Task>(
  hotel: HeadOf<Task>,
  waitMs: Limits['waitMs'],
): Disposable & { readonly signal: AbortSignal } {
  const over = new AbortController()
  const since = performance.now()
  const look = () => {
    if (performance.now() - since >= waitMs[hotel.pace]) over.abort()
    else timer = setTimeout(look, LOOK_EVERY_MS)
  }
  let timer = setTimeout(look, Math.min(waitMs.quick, waitMs.slow))
  return { signal: over.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}
