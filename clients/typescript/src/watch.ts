import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from './refusal.ts'
import { isRepeatable, waitBefore } from './repeat.ts'

/** What is watched, and from where. */
export type WatchOptions = {
  /** Id of the hotel. */
  readonly hotel: string
  /** The changes after this place; all that are kept without one. */
  readonly cursor?: string
  /** Only changes from now on: instead of a cursor. */
  readonly from_now?: boolean
  /** Ends the watch. */
  readonly signal?: AbortSignal
}

/** Answers of a watch: some changes in the order of their commit, or none, and the place after them. */
export type WatchAnswer = { readonly cursor: string }

/** A method that streams the changes of a resource. */
export type Watching<Answer> = (
  request: { hotel: string; cursor: string; from_now: boolean },
  options: { signal: AbortSignal },
) => AsyncIterable<Answer>

/** Without a change an answer comes every five seconds: this much silence is a dead connection. */
const SILENCE_MS = 20_000
const LONGEST_WAIT_MS = 30_000

/**
 * Streams the changes of a resource, and goes on after its last answer whenever the stream ends or is cut, for as long as
 * it is read. Changes may come again: the highest `version` of a resource counts. Throws a Refusal that a later try would
 * get too, as CURSOR_EXPIRED.
 */
export async function* watching<Answer extends WatchAnswer>(
  begin: Watching<Answer>,
  { hotel, cursor = '', from_now = false, signal }: WatchOptions,
): AsyncGenerator<Answer, void, undefined> {
  let failed = 0
  let tokenRefused = false
  while (!signal?.aborted) {
    const attempt = new AbortController()
    const limits = AbortSignal.any([attempt.signal, ...(signal ? [signal] : [])])
    let silence = setTimeout(() => attempt.abort(), SILENCE_MS)
    try {
      const request = { hotel, cursor, from_now: from_now && cursor === '' }
      for await (const answer of begin(request, { signal: limits })) {
        clearTimeout(silence)
        cursor = answer.cursor
        failed = 0
        tokenRefused = false
        yield answer
        silence = setTimeout(() => attempt.abort(), SILENCE_MS)
      }
    } catch (error) {
      if (signal?.aborted) return
      // A token that expires ends a stream: the next one has another.
      const isExpired = error instanceof Refusal && error.code === 'UNAUTHENTICATED' && !tokenRefused
      if (isExpired) tokenRefused = true
      else if (!attempt.signal.aborted && !(error instanceof Refusal && isRepeatable(error))) throw error
      failed += 1
      const said = error instanceof Refusal ? error : new Refusal('The stream was silent.', { code: 'UNAVAILABLE' })
      await delay(Math.min(waitBefore(said, failed), LONGEST_WAIT_MS), undefined, { signal }).catch(() => {})
    } finally {
      clearTimeout(silence)
      attempt.abort()
    }
  }
}
