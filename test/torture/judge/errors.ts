import type { Violation } from '../history/evidence.ts'
import { RECOVERY_MS } from '../plan/recovery.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/** Codes that no caller is ever to be given. */
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'UNIMPLEMENTED', 'DATA_LOSS'])

/**
 * No call fails by a fault of the suite, and none is without an answer but around a fault that was done to it, or when the
 * machine had no time for it. All comes back by itself.
 */
export function judgeErrors({ evidence }: Judged): Violation[] {
  const { found, add } = violations('no fault of its own')
  for (const { name, method, tries } of evidence.operations) {
    for (const { outcome, start, end } of tries) {
      if (outcome === undefined || outcome.is === 'ok') continue
      const isFault = outcome.is === 'refused' && (FAULTS.has(outcome.code) || outcome.reason.startsWith('none'))
      const isIdle = outcome.is === 'unknown' || outcome.code === 'RESOURCE_EXHAUSTED'
      if (!isFault && !(isIdle && !isAroundFault(start, end ?? Number.POSITIVE_INFINITY))) continue
      const why = `${outcome.code} ${outcome.is === 'refused' ? outcome.reason : (outcome.message ?? '')}`.trim()
      add(name, `${name} (${method}) ended with ${why}${isFault ? '' : ' while nothing was amiss'}`, end ?? start, [
        name,
      ])
    }
  }
  for (const what of evidence.final.stuck) add(what, what, evidence.seconds * 1_000, [])
  return found

  function isAroundFault(start: number, end: number): boolean {
    return [...evidence.faults, ...evidence.stalls].some(
      (fault) => fault.start <= end && start <= (fault.end ?? Number.POSITIVE_INFINITY) + RECOVERY_MS,
    )
  }
}
