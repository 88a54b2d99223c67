import type { FaultKind } from '../plan/operations.ts'

/** A text of a file that is there exactly so many times, and what stands there instead. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string; readonly times?: number }

/** A defect that the checker is to find: it is made in a copy of the sources. */
export type Mutant = {
  readonly name: string
  /** What is wrong then. */
  readonly what: string
  readonly edits: readonly Edit[]
  /** The faults that bring it to light; none: what fails has no excuse. */
  readonly faults?: readonly FaultKind[]
}
