import type { Evidence, Violation } from '../history/evidence.ts'

/** Gathers what is against one invariant. */
export function violations(invariant: string) {
  const found: Violation[] = []
  const keys = new Set<string>()
  return {
    found,
    /** Adds one, unless it was added before. */
    add(key: string, message: string, at: number, about: readonly string[]) {
      if (keys.has(key)) return
      keys.add(key)
      found.push({ invariant, key: `${invariant}: ${key}`, message, at, about })
    },
  }
}

const ends = new WeakMap<Evidence, Map<string, number>>()

/** When an operation had been answered last; the end of the run for what is nobody's. */
export function timeOf(evidence: Evidence, name: string): number {
  const known = ends.get(evidence) ?? endsOf(evidence)
  ends.set(evidence, known)
  return known.get(name) ?? evidence.seconds * 1_000
}

function endsOf({ operations, seconds }: Evidence): Map<string, number> {
  return new Map(
    operations.map(({ name, tries }) => [name, Math.max(...tries.map(({ end }) => end ?? seconds * 1_000))]),
  )
}
