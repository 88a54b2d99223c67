import { randomOf } from '../../support/random.ts'
import { FAULT_KINDS, type FaultKind, type PlannedFault } from './operations.ts'

/** No fault begins before this share of the run is over: what fails until then fails without a cause. */
export const CALM_SHARE = 0.2
/** The last faults end before the run does. */
const QUIET_AT_END_MS = 4_000
const LEAST_PAUSE_MS = 300
const MOST_PAUSE_MS = 2_500

/** Plans faults, one after another: each kind once before any comes again, in an order by the seed. */
export function plannedFaults(
  seed: number,
  seconds: number,
  kinds: readonly FaultKind[] = FAULT_KINDS,
): PlannedFault[] {
  const random = randomOf(seed, 'faults')
  const faults: PlannedFault[] = []
  let left: FaultKind[] = []
  let atMs = seconds * 1_000 * CALM_SHARE
  while (kinds.length > 0) {
    if (left.length === 0) left = random.shuffled(kinds)
    const kind = left.shift() as FaultKind
    const forMs = Math.round(durationOf(kind) * (0.5 + random.next()))
    if (atMs + forMs > seconds * 1_000 - QUIET_AT_END_MS) return faults
    faults.push({ atMs: Math.round(atMs), forMs, kind, target: random.below(1_000), amount: random.next() })
    atMs += forMs + LEAST_PAUSE_MS + random.next() * (MOST_PAUSE_MS - LEAST_PAUSE_MS)
  }
  return faults
}

function durationOf(kind: FaultKind): number {
  if (kind.startsWith('kill')) return 700
  if (kind.startsWith('pause')) return 1_500
  if (kind.startsWith('cut')) return 500
  if (kind === 'flush Redis' || kind === 'poison Redis') return 300
  return 2_500
}
