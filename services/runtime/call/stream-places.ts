import { currentCaller } from './call.ts'
import { currentOutflow, type SendQueue } from './send-queue.ts'

/** The owner of the limit that a stream exceeds: all streams, its caller's subject, or its hotel. */
export type Owner = 'SERVICE' | 'SUBJECT' | 'HOTEL'

/** How many streams of a kind a process has at once; without a share, one subject or one hotel may have all. */
export type PlaceLimits = { readonly total: number; readonly ofSubject?: number; readonly ofHotel?: number }

/**
 * Counts the streams of a process, those included whose handler has ended while their reader has not taken all. Takes a
 * place for the stream that this code answers; throws `refusal` of the limit that it is over.
 */
export function places(
  limits: PlaceLimits,
  refusal: (of: Owner, limit: number) => Error,
): (hotel?: string) => SendQueue {
  const total = counter('SERVICE', limits.total)
  const subjects = counter('SUBJECT', limits.ofSubject)
  const hotels = counter('HOTEL', limits.ofHotel)
  return (hotel) => {
    const wanted = [
      subjects.of(currentCaller().subject),
      ...(hotel === undefined ? [] : [hotels.of(hotel)]),
      total.of(''),
    ]
    for (const { isFull, of, limit } of wanted) if (isFull()) throw refusal(of, limit)
    const sendQueue = currentOutflow()
    for (const { enter } of wanted) enter()
    void sendQueue.closed.then(() => {
      for (const { leave } of wanted) leave()
    })
    return sendQueue
  }
}

function counter(of: Owner, limit = Number.POSITIVE_INFINITY) {
  const taken = new Map<string, number>()
  const count = (key: string) => taken.get(key) ?? 0
  return {
    of: (key: string) => ({
      of,
      limit,
      isFull: () => count(key) >= limit,
      enter: () => void taken.set(key, count(key) + 1),
      leave() {
        if (count(key) > 1) taken.set(key, count(key) - 1)
        else taken.delete(key)
      },
    }),
  }
}
