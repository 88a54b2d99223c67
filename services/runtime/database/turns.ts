/** Thrown by an attempt: others held the head for longer than the attempt was to wait. */
export class HeadIsHeld extends Error {}

/** Thrown by an attempt that has the head: others held a row that it needs for longer than such a wait may be. */
export class RowIsHeld extends Error {}

/** Thrown by an attempt that had taken others along, and could not: nothing is left of it, and each gets a turn for itself. */
export class NotTogether extends Error {}

/** Why nobody got to the head in time, or why no more callers may wait for it. */
export class HotelIsBusy extends Error {}

/** A turn at the feed head of a hotel. */
export type Turn<Task = never> = {
  /** How long to wait at the head, in milliseconds. */
  readonly patienceMs: number
  /** Says that the head is taken: the next caller of the hotel may wait at it meanwhile. */
  taken(): void
  /**
   * Takes along, in their order, those tasks of the hotel's waiting callers that `suits` wants: they wait for no turn any
   * more. Who has no task takes none along.
   */
  takeAlong(suits: (task: Task) => boolean): TakenAlong<Task>[]
}

/** A task that another's turn has taken along, and how its caller is told what comes of it. */
export type TakenAlong<Task> = { readonly task: Task; settle(outcome: Promise<unknown>): void }

/**
 * Runs an attempt when its turn comes. With a task, another's turn may take that along: then it gives what came of it instead.
 * What throws HeadIsHeld or NotTogether gets another turn, before those who came later; after NotTogether, for itself.
 * Throws HotelIsBusy when the time is over or the queue is full, and the reason of the signal once that aborts.
 */
export type Turns<Task = never> = <T>(
  hotel: string,
  signal: AbortSignal,
  attempt: (turn: Turn<Task>) => Promise<T>,
  task?: Task,
) => Promise<T>

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
type Waiting<Task> = {
  readonly task: Task | undefined
  enter(pace: Pace): void
  goAlong(outcome: Promise<unknown>): void
}
/** What is `stuck` stays slow: its head is free, but what is done under it waits for rows that somebody holds. */
type Hotel<Task> = {
  readonly id: string
  readonly queue: Waiting<Task>[]
  isAtHead: boolean
  isStuck: boolean
  pace: Pace
}
type Place<Task> = Turn<Task> & { leave(pace?: Pace): void }

/**
 * Lets callers of many hotels come to the heads of these without one hotel standing in for another. Of a hotel one caller
 * waits at the head, while another may have it; the others wait here and hold no connection. A hotel whose head was not to
 * be had in a short time is slow: all slow hotels share a few turns, one after another, until their heads are free again. So
 * hotels that are locked, however many, cost the others nothing but the short time in which they are found to be locked.
 */
export function turns<Task = never>(limits: Limits): Turns<Task> {
  type OfHotel = Hotel<Task>
  const hotels = new Map<string, OfHotel>()
  const lines = { quick: new Set<OfHotel>(), slow: new Set<OfHotel>() }
  const inside = { quick: 0, slow: 0 }

  const lineUp = (hotel: OfHotel) => {
    if (hotel.isAtHead) return
    if (hotel.queue.length > 0) lines[hotel.pace].add(hotel)
    else {
      lines[hotel.pace].delete(hotel)
      if (!hotel.isStuck) hotels.delete(hotel.id)
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
  const place = (hotel: OfHotel, at: Pace, isForItself: boolean): Place<Task> => {
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
        leaveHead(hotel.isStuck ? 'slow' : 'quick')
        // What is done under the head may take its time: others find out meanwhile whether their head is free.
        if (pace === 'slow' && !hotel.isStuck && inside.quick < limits.quick) {
          inside.slow -= 1
          inside.quick += 1
          pace = 'quick'
        }
        letIn()
      },
      takeAlong(suits) {
        if (isForItself) return []
        const along = hotel.queue.flatMap((waiting) => {
          const { task } = waiting
          return task !== undefined && suits(task) ? [{ task, settle: waiting.goAlong, waiting }] : []
        })
        const gone = new Set(along.map(({ waiting }) => waiting))
        hotel.queue.splice(0, Infinity, ...hotel.queue.filter((waiting) => !gone.has(waiting)))
        lineUp(hotel)
        return along
      },
      leave(next = at) {
        leaveHead(next)
        inside[pace] -= 1
        letIn()
      },
    }
  }
  /** Resolves with a place, or, for who is taken along, with what comes of that. */
  const join = (
    hotel: OfHotel,
    where: 'push' | 'unshift',
    signal: AbortSignal,
    task: Task | undefined,
  ): Promise<Place<Task> | { outcome: Promise<unknown> }> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const giveUp = () => {
        hotel.queue.splice(hotel.queue.indexOf(self), 1)
        lineUp(hotel)
        reject(signal.reason)
      }
      const self = {
        task,
        enter(pace: Pace) {
          signal.removeEventListener('abort', giveUp)
          resolve(place(hotel, pace, task === undefined))
        },
        goAlong(outcome: Promise<unknown>) {
          signal.removeEventListener('abort', giveUp)
          // Who waits for it hears of a failure in a moment; until then nobody does.
          outcome.catch(() => undefined)
          resolve({ outcome })
        },
      }
      signal.addEventListener('abort', giveUp, { once: true })
      hotel.queue[where](self)
      lineUp(hotel)
      letIn()
    })

  const setStuck = (hotel: OfHotel, isStuck: boolean) => {
    if (hotel.isStuck === isStuck) return
    hotel.isStuck = isStuck
    lines[hotel.pace].delete(hotel)
    hotel.pace = isStuck ? 'slow' : 'quick'
    if (isStuck) hotels.set(hotel.id, hotel)
    lineUp(hotel)
  }

  const hotelOf = (id: string) => {
    const hotel: OfHotel = hotels.get(id) ?? { id, queue: [], isAtHead: false, isStuck: false, pace: 'quick' }
    hotels.set(id, hotel)
    return hotel
  }

  return async <T>(id: string, signal: AbortSignal, attempt: (turn: Turn<Task>) => Promise<T>, task?: Task) => {
    const hotel = hotelOf(id)
    if (hotel.queue.length >= limits.waiting[hotel.pace]) throw new HotelIsBusy('too many wait for the head')
    using patience = patienceWith(hotel, limits.waitMs)
    const ending = AbortSignal.any([signal, patience.signal])
    const busy = (error: unknown) =>
      patience.signal.aborted && !signal.aborted ? new HotelIsBusy('the head was not to be had') : error
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
  hotel: Hotel<Task>,
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
