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

/** A task that another's turn has taken along, and how its caller gets the outcome. */
export type TakenAlong<Task> = { readonly task: Task; settle(outcome: Promise<unknown>): void }

/** The turns that all callers together may take, each a connection of the pool, and how long one of them waits. */
export type Limits = {
  /** Turns at once of the hotels whose head is free, as far as is known. */
  readonly quick: number
  /** Turns at once of the hotels whose head somebody held for too long. */
  readonly slow: number
  /** Callers of one hotel that wait at once: while the queue moves, and while somebody else holds the head. */
  readonly waiting: { readonly quick: number; readonly slow: number }
  /** How long a caller waits for the head, in the same way. */
  readonly waitMs: { readonly quick: number; readonly slow: number }
}

/** How long an attempt waits at a head, so that it keeps no others from their turn: of a hotel that is quick, or slow. */
export const HEAD_PATIENCE_MS = { quick: 100, slow: 200 } as const

type Pace = keyof typeof HEAD_PATIENCE_MS
type Waiting<Task> = {
  readonly task: Task | undefined
  enter(pace: Pace): void
  goAlong(outcome: Promise<unknown>): void
}
/** A `stuck` hotel stays slow: its head is free, but the work under it waits for rows that another transaction holds. */
export type HeadOf<Task> = {
  readonly id: string
  readonly queue: Waiting<Task>[]
  isAtHead: boolean
  isStuck: boolean
  pace: Pace
}
type Place<Task> = Turn<Task> & { leave(pace?: Pace): void }

/**
 * The lines in which callers wait for the heads of their hotels, so that no hotel delays another. One caller of a hotel
 * waits at its head, while another may have it; the others wait here and hold no connection. A hotel whose head could not
 * be taken in a short time is slow: all slow hotels share a few turns, one after another, until their heads are free again. So
 * locked hotels, however many, cost the others only the short time in which they are found to be locked.
 */
export function headLines<Task>(limits: Limits) {
  type OfHotel = HeadOf<Task>
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
      patienceMs: HEAD_PATIENCE_MS[at],
      taken() {
        leaveHead(hotel.isStuck ? 'slow' : 'quick')
        // Work under the head may take time: other hotels find out meanwhile whether their head is free.
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
          // A waiting caller gets the failure in a moment; until then nobody handles it.
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

  return { hotelOf, join, setStuck }
}
