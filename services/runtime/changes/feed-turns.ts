import { ClientError } from 'nice-grpc'
import { Renumbered } from './replica.ts'

/** Work by turns: each hotel that has some gets a little done, then the others, so that none waits for a large one. */
export type Turns = {
  /** Begins to work: `step` does a little for a hotel and is true when more is left; `renumbered` ends it all. */
  open(step: (hotel: string) => Promise<boolean>, renumbered: (error: Renumbered) => void): void
  /** Gives a hotel its turn; one that has failed gets it when its time comes. */
  add(hotel: string): void
  /** Resolves when nothing runs any more. What fails from here on is no hotel's fault. */
  close(): Promise<void>
  /** Whether a hotel fails again and again, so that nobody waits for it. */
  isSetAside(hotel: string): boolean
  setAside(): number
}

type Tell = {
  /** How many hotels are worked for at once; of those that have failed one at most. */
  readonly parallel: number
  /** A hotel is set aside: once for each cause, until it is followed again. */
  setAside(hotel: string, error: Error): void
  /** A hotel that was set aside is followed again. */
  followed(hotel: string): void
  /** After each turn. */
  turned(): void
}

/** The first failures may be of the moment. */
const FAILURES_TO_BE_SET_ASIDE = 3
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 10_000

type Failing = { times: number; readonly causes: Set<string>; timer?: NodeJS.Timeout | undefined }
type Open = Parameters<Turns['open']>

/** Makes the turns of a feed's hotels. */
export function takeTurns({ parallel, setAside, followed, turned }: Tell): Turns {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const failing = new Map<string, Failing>()
  let open: Open | undefined

  const pump = () => {
    if (open === undefined) return
    for (const hotel of waiting) {
      if (running.size >= parallel) return
      if (running.has(hotel) || (failing.has(hotel) && isRetrying())) continue
      waiting.delete(hotel)
      running.set(hotel, turn(hotel, open))
    }
  }
  // However many fail, and however long each takes for it: the other places are for those that do not.
  const isRetrying = () => [...running.keys()].some((hotel) => failing.has(hotel))
  const turn = async (hotel: string, [step, renumbered]: Open) => {
    try {
      if (await step(hotel)) waiting.add(hotel)
      if (isSetAside(hotel)) followed(hotel)
      failing.delete(hotel)
    } catch (error) {
      if (error instanceof Renumbered) renumbered(error)
      else if (open !== undefined) fail(hotel, error as Error)
    }
    running.delete(hotel)
    turned()
    pump()
  }
  const fail = (hotel: string, error: Error) => {
    const failure = failing.get(hotel) ?? { times: 0, causes: new Set<string>() }
    failing.set(hotel, failure)
    failure.times += 1
    const cause = kindOf(error)
    if (isSetAside(hotel) && !failure.causes.has(cause)) {
      failure.causes.add(cause)
      setAside(hotel, error)
    }
    const milliseconds = Math.min(FIRST_RETRY_MS * 2 ** (failure.times - 1), LAST_RETRY_MS)
    failure.timer = setTimeout(() => {
      failure.timer = undefined
      waiting.add(hotel)
      pump()
    }, milliseconds)
  }
  const isSetAside = (hotel: string) => (failing.get(hotel)?.times ?? 0) >= FAILURES_TO_BE_SET_ASIDE

  return {
    open(...given) {
      // A hotel that was set aside before may work again now.
      if (open === undefined) for (const hotel of failing.keys()) waiting.add(hotel)
      open = given
      pump()
    },
    add(hotel) {
      if (failing.get(hotel)?.timer !== undefined) return
      waiting.add(hotel)
      pump()
    },
    async close() {
      open = undefined
      waiting.clear()
      for (const [hotel, failure] of failing) {
        clearTimeout(failure.timer)
        failure.timer = undefined
        // The others begin anew with the next to open.
        if (!isSetAside(hotel)) failing.delete(hotel)
      }
      await Promise.all(running.values())
    },
    isSetAside,
    setAside: () => [...failing.keys()].filter(isSetAside).length,
  }
}

/** What stays the same each time: a peer's words name the request. */
function kindOf(error: Error): string {
  return error instanceof ClientError ? `${error.path} ${error.code}` : error.message
}
