import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from './process-plan.ts'
import type { Run } from './process-run.ts'

const EVERY_MS = 5_000
const ANSWER_WITHIN_MS = 5_000
/** So many questions without an answer, one after another: about a minute. A machine that slept has missed one. */
const MOST_MISSED = 6

/**
 * Resolves with true when a process that has answered before answers no more, though it lives: it hangs, and goes on only as
 * a new one. Resolves with false when it ends or the signal aborts; never hangs for a plan that says not how to ask.
 */
export async function hangs(
  { alive, aliveEveryMs = EVERY_MS }: Pick<Plan, 'alive' | 'aliveEveryMs'>,
  run: Pick<Run, 'alive'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (alive === undefined) return false
  let hasAnswered = false
  let missed = 0
  for (;;) {
    await sleep(aliveEveryMs, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted || !run.alive) return false
    try {
      await alive(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]))
      hasAnswered = true
      missed = 0
    } catch {
      if (hasAnswered) missed += 1
    }
    if (missed >= MOST_MISSED) return !signal.aborted && run.alive
  }
}
