import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from './refusal.ts'
import type { Tokens } from './token.ts'

/** How calls are repeated. */
export type RepeatOptions = {
  /** How often a call is made at most. */
  readonly attempts: number
  /** How long a repeat may be put off; what asks for more is refused at once. */
  readonly longestWaitMs: number
}

/** A change of status is possible once a minute. */
export const repeatDefaults: RepeatOptions = { attempts: 5, longestWaitMs: 65_000 }

const BASE_MS = 200

/** What is to be done after a call that failed: it is over, or it is made again, perhaps with another token. */
export type Repeats = {
  /** The token of the next attempt. */
  token(): Promise<string>
  /** Waits until the next attempt; throws the error where there is none. */
  after(error: unknown, signal: AbortSignal | undefined): Promise<void>
}

/** Counts the attempts of one call. */
export function repeatsOf(tokens: Tokens, { attempts, longestWaitMs }: RepeatOptions): Repeats {
  let made = 0
  let used = ''
  let other: string | undefined
  let renewed = false
  return {
    async token() {
      used = other ?? (await tokens.current())
      other = undefined
      return used
    },
    async after(error, signal) {
      made += 1
      if (!(error instanceof Refusal)) throw error
      if (error.code === 'UNAUTHENTICATED' && !renewed) {
        renewed = true
        other = await tokens.instead(used)
        if (other !== undefined) return
      }
      const wait = isRepeatable(error) && made < attempts ? waitBefore(error, made) : undefined
      if (wait === undefined || wait > longestWaitMs) throw error
      await delay(wait, undefined, { signal })
    },
  }
}

/** Whether the same call may succeed later. A write has a key, so it is done once however often it is sent. */
export function isRepeatable({ code, reason }: Refusal): boolean {
  switch (code) {
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
      return true
    case 'RESOURCE_EXHAUSTED':
      return reason !== 'BODY_TOO_LARGE'
    case 'ABORTED':
      return reason === 'CHANGED_MEANWHILE'
    default:
      // A connection that breaks in the middle of an answer, of which the suite has said nothing.
      return code === 'INTERNAL' && reason === ''
  }
}

/** What is said, or else twice as long each time; never all callers at the same moment. */
export function waitBefore({ retryAfterMs }: Refusal, made: number): number {
  const wait = retryAfterMs ?? BASE_MS * 2 ** (made - 1)
  return wait + Math.random() * Math.max(wait / 4, BASE_MS)
}
