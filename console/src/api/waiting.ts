import { useSyncExternalStore } from 'react'
import { raceAbort } from './session.ts'

/** Why calls wait at present, and until when. */
export type Waiting = {
  readonly why: 'limit' | 'status-limit' | 'connection'
  /** In milliseconds since 1970: the next attempt. */
  readonly until: number
  /** Gives up: the calls that wait are refused with what they waited for. */
  readonly stop: () => void
}

let current: Waiting | undefined
const listeners = new Set<() => void>()

/** What calls wait for now, for the notice that counts down; undefined when none waits. */
export function useWaiting(): Waiting | undefined {
  return useSyncExternalStore(subscribe, () => current)
}

/** Waits so long, and shows it; gives whether to try again, rather than to give up. */
export async function waitFor(why: Waiting['why'], milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  const stopped = Promise.withResolvers<boolean>()
  const until = Date.now() + milliseconds
  const timer = setTimeout(() => stopped.resolve(true), milliseconds)
  const mine: Waiting = { why, until, stop: () => stopped.resolve(false) }
  const before = current
  // Several calls wait at once: the notice shows the one that waits longest, and its button stops all.
  if (before === undefined || before.until < until) {
    set({ ...mine, stop: () => [before?.stop(), mine.stop()] })
  } else {
    set({ ...before, stop: () => [before.stop(), mine.stop()] })
  }
  try {
    return await raceAbort(stopped.promise, signal)
  } finally {
    clearTimeout(timer)
    if (current !== undefined && current.until <= Math.max(until, Date.now())) set(undefined)
  }
}

function set(next: Waiting | undefined): void {
  current = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
