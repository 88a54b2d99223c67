/** How a process is to stop: `drain` while callers still find it, `now` when nobody does any more. */
export type Stop = 'drain' | 'now'

/** Resolves at SIGTERM (`drain`) or SIGINT (`now`). */
export function untilToldToStop(): Promise<Stop> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('drain'))
    process.once('SIGINT', () => resolve('now'))
  })
}
