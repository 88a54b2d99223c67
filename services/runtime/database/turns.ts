/** Thrown by an attempt: others held the head for longer than the attempt was to wait. */
export class HeadIsHeld extends Error {}

/** Why nobody got to the head in time, or why no more callers may wait for it. */
export class HotelIsBusy extends Error {}

/** A turn at the feed head of a hotel. */
export type Turn = {
  /** How long to wait at the head, in milliseconds. */
  readonly patienceMs: number
  /** Says that the head is taken: the next caller of the hotel may wait at it meanwhile. */
  taken(): void
}

/**
 * Runs an attempt when its turn comes. An attempt that throws HeadIsHeld gets another turn, before those who came later.
 * Throws HotelIsBusy when the time is over or the queue is full, and the reason of the signal once that aborts.
 */
export type Turns = <T>(hotel: string, signal: AbortSignal, attempt: (turn: Turn) => Promise<T>) => Promise<T>

/** What all callers together may take, each turn a connection of the pool, and how long one of them waits. */
export type Limits = {
  /** Turns at once of the hotels whose head is free, as far as is known. */
  readonly quick: number
  /** Turns at once of the hotels whose head somebody held for too long. */
  readonly slow: number
  /** Callers of one hotel that wait at once: while the queue moves, and while somebody else holds the head. */
  readonly waiting: { readonly quick: number; readonly slow: number }
  /** How long a caller waits for the head, likewise. */
  readonly waitMs: { readonly quick: number; readonly slow: number }
}

const PATIENCE_MS = { quick: 100, slow: 200 } as const

type Pace = keyof typeof PATIENCE_MS
type Waiting = { enter(pace: Pace): void }
type Hotel = { readonly id: string; readonly queue: Waiting[]; isAtHead: boolean; pace: Pace }
type Place = Turn & { leave(pace?: Pace): void }

/**
 * Lets callers of many hotels come to the heads of these without one hotel standing in for another. Of a hotel one caller
 * waits at the head, while another may have it; the others wait here and hold no connection. A hotel whose head was not to
 * be had in a short time is slow: all slow hotels share a few turns, one after another, until their heads are free again. So
 * hotels that are locked, however many, cost the others nothing but the short time in which they are found to be locked.
 */
export function turns(limits: Limits): Turns {
  const hotels = new Map<string, Hotel>()
  const lines = { quick: new Set<Hotel>(), slow: new Set<Hotel>() }
  const inside = { quick: 0, slow: 0 }

  const lineUp = (hotel: Hotel) => {
    if (hotel.isAtHead) return
    if (hotel.queue.length > 0) lines[hotel.pace].add(hotel)
    else {
      lines[hotel.pace].delete(hotel)
      hotels.delete(hotel.id)
    }
  }
  const letIn = () => {
    for (const pace of ['quick', 'slow'] as const) {
      for (const hotel of lines[pace]) {
        if (inside[pace] >= limits[pace]) break
        lines[pace].delete(hotel)
        inside[pace] += 1
        hotel.isAtHead = true
        hotel.queue.shift()?.enter(pace)
      }
    }
  }
  const place = (hotel: Hotel, at: Pace): Place => {
    let pace = at
    let isAtHead = true
    const leaveHead = (next: Pace) => {
      if (!isAtHead) return
      isAtHead = false
      hotel.isAtHead = false
      hotel.pace = next
      lineUp(hotel)
    }
    return {
      patienceMs: PATIENCE_MS[at],
      taken() {
        leaveHead('quick')
        // What is done under the head may take its time: others find out meanwhile whether their head is free.
        if (pace === 'slow' && inside.quick < limits.quick) {
          inside.slow -= 1
          inside.quick += 1
          pace = 'quick'
        }
        letIn()
      },
      leave(next = at) {
        leaveHead(next)
        inside[pace] -= 1
        letIn()
      },
    }
  }
  const join = (hotel: Hotel, where: 'push' | 'unshift', signal: AbortSignal): Promise<Place> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const giveUp = () => {
        hotel.queue.splice(hotel.queue.indexOf(self), 1)
        lineUp(hotel)
        reject(signal.reason)
      }
      const self = {
        enter(pace: Pace) {
          signal.removeEventListener('abort', giveUp)
          resolve(place(hotel, pace))
        },
      }
      signal.addEventListener('abort', giveUp, { once: true })
      hotel.queue[where](self)
      lineUp(hotel)
      letIn()
    })

  const hotelOf = (id: string) => {
    const hotel = hotels.get(id) ?? { id, queue: [], isAtHead: false, pace: 'quick' as Pace }
    hotels.set(id, hotel)
    return hotel
  }

  return async (id, signal, attempt) => {
    const hotel = hotelOf(id)
    if (hotel.queue.length >= limits.waiting[hotel.pace]) throw new HotelIsBusy('too many wait for the head')
    using patience = patienceWith(hotel, limits.waitMs)
    const ending = AbortSignal.any([signal, patience.signal])
    const busy = (error: unknown) =>
      patience.signal.aborted && !signal.aborted ? new HotelIsBusy('the head was not to be had') : error
    let joined = join(hotel, 'push', ending)
    for (;;) {
      const place = await joined.catch((error) => Promise.reject(busy(error)))
      try {
        const result = await attempt(place)
        place.leave()
        return result
      } catch (error) {
        if (!(error instanceof HeadIsHeld)) {
          place.leave()
          throw error
        }
        // In line before the place is left, which is when the next one is let in.
        joined = join(hotel, 'unshift', ending)
        place.leave('slow')
      }
    }
  }
}

const LOOK_EVERY_MS = 500

/** Aborts when a caller has waited for long enough, which is sooner while somebody else holds the head. */
function patienceWith(hotel: Hotel, waitMs: Limits['waitMs']): Disposable & { readonly signal: AbortSignal } {
  const over = new AbortController()
  const since = performance.now()
  const look = () => {
    if (performance.now() - since >= waitMs[hotel.pace]) over.abort()
    else timer = setTimeout(look, LOOK_EVERY_MS)
  }
  let timer = setTimeout(look, Math.min(waitMs.quick, waitMs.slow))
  return { signal: over.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}
