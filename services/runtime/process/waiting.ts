import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for so long, or until the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

/** An answer of the database; throws when there is none within the time. */
export async function answered<T>(milliseconds: number, coming: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = sleep(milliseconds, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the database does not answer within ${milliseconds / 1_000} s`)
  })
  late.catch(() => undefined)
  coming.catch(() => undefined)
  try {
    return await Promise.race([coming, late])
  } finally {
    over.abort()
  }
}
