import type { Evidence, Violation } from '../history/evidence.ts'
import { booksOf } from '../model/book.ts'
import { goneOf } from '../model/gone.ts'
import { judgeAcknowledged } from './acknowledged.ts'
import { judgeEffects } from './effects.ts'
import { judgeErrors } from './errors.ts'
import { judgeFeed } from './feed.ts'
import type { Judge, Judged } from './judged.ts'
import { judgeKeys } from './keys.ts'
import { judgeOrder } from './order.ts'
import { judgeOverlap } from './overlap.ts'
import { judgeReads } from './reads.ts'
import { judgeRefusals } from './refusals.ts'
import { judgeSerial } from './serial.ts'
import { judgeTruth } from './truth.ts'
import { judgeWatched } from './watched.ts'

/** The invariants, each with its judge. */
export const JUDGES: Readonly<Record<string, Judge>> = {
  'no night is held twice': judgeOverlap,
  'what is acknowledged is there': judgeAcknowledged,
  'no effect without a call': judgeEffects,
  'a refusal has its cause': judgeRefusals,
  'one effect for a key': judgeKeys,
  'order of calls': judgeOrder,
  'the feed is whole': judgeFeed,
  'watchers hear of all': judgeWatched,
  'reads are true': judgeReads,
  'one call after another': judgeSerial,
  'the end is true': judgeTruth,
  'no fault of its own': judgeErrors,
}

/** Judges a run: all violations, by the moment at which they showed. */
export function judge(evidence: Evidence, invariants: readonly string[] = Object.keys(JUDGES)): Violation[] {
  const judged: Judged = { evidence, books: booksOf(evidence), gone: goneOf(evidence) }
  return invariants.flatMap((name) => JUDGES[name]?.(judged) ?? []).sort((a, b) => a.at - b.at)
}
