/** Counts the calls under way in a process, and says when more of them would only wait. */
export type Crowd = {
  /**
   * Whether one more call may begin; counts it then. `waiting` of those under way wait for their hotel alone.
   */
  enter(waiting: number): boolean
  /** A call that was let in has ended. */
  leave(): void
}

/** What a Crowd goes by. */
export type CrowdLimits = {
  /** So many calls are taken in any case, however slowly they are answered. */
  readonly least: number
  /** Others only while they are answered within this time. */
  readonly waitMs: number
  /** A crowd that is over within this time is a burst, and nobody is refused. */
  readonly burstMs: number
  /** Never more than this. */
  readonly most: number
}

/** As many parts has the last second, in which answers are counted. */
const PARTS = 10
const PART_MS = 100

/**
 * Makes a Crowd. By Little's law a call that comes waits for as long as the process takes to answer as many calls as are
 * under way. No number of calls is right for each machine and each mix of calls: so the limit is that time, which the
 * process sees by what it has answered in the last second.
 */
export function crowd({ least, waitMs, burstMs, most }: CrowdLimits, now = () => performance.now()): Crowd {
  const answered = new Array<number>(PARTS).fill(0)
  let last = Math.floor(now() / PART_MS)
  let inside = 0
  /** Since when there are too many; undefined while there are not. */
  let since: number | undefined
  let before = 0

  const turnTo = (at: number) => {
    const part = Math.floor(at / PART_MS)
    for (let passed = Math.min(part - last, PARTS); passed > 0; passed--) answered[(part - passed + 1) % PARTS] = 0
    last = part
  }
  const isTooLong = (waiting: number) => {
    const perSecond = answered.reduce((sum, count) => sum + count, 0)
    return inside - waiting > Math.max(least, (perSecond * waitMs) / 1_000)
  }

  return {
    enter(waiting) {
      const at = now()
      turnTo(at)
      // A process that was held up has not seen what came meanwhile: that time does not count.
      if (since !== undefined) since += Math.max(0, at - before - PART_MS)
      before = at
      if (isTooLong(waiting)) since ??= at
      else since = undefined
      if (inside >= most || (since !== undefined && at - since >= burstMs)) return false
      inside += 1
      return true
    },
    leave() {
      turnTo(now())
      inside -= 1
      answered[last % PARTS] = (answered[last % PARTS] ?? 0) + 1
    },
  }
}
