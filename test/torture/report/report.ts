import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Evidence, Violation } from '../history/evidence.ts'
import { JUDGES, judge } from '../judge/judge.ts'
import { shortest } from './shrink.ts'
import { timeline } from './timeline.ts'

/** What came of a run. */
export type Verdict = {
  readonly violations: readonly Violation[]
  /** Of the first violation: how many operations its shortest history has. */
  readonly shortest: number
  readonly figures: Figures
}

/** The first violation of a run, if there is one, and how many operations its shortest history has. */
export type Summary = {
  readonly first: Pick<Violation, 'invariant' | 'message' | 'at'> | undefined
  readonly shortest: number
}

/** How much was done. */
export type Figures = {
  readonly operations: number
  readonly sendings: number
  readonly acknowledged: number
  readonly refused: number
  readonly unknown: number
  readonly reads: number
  readonly changes: number
  readonly faults: number
}

/** Judges a run; of one that failed the shortest history and a timeline are put beside its history. */
export async function conclude(evidence: Evidence, folder: string): Promise<Verdict> {
  const violations = judge(evidence)
  const figures = figuresOf(evidence)
  const [first] = violations
  if (first === undefined) return { violations, shortest: 0, figures }
  const short = shortest(evidence, first)
  await Promise.all([
    writeFile(path.join(folder, 'violations.json'), JSON.stringify(violations, undefined, 1)),
    writeFile(path.join(folder, 'shortest.json'), JSON.stringify(short, undefined, 1)),
    writeFile(path.join(folder, 'timeline.html'), timeline(evidence, short, first)),
  ])
  return { violations, shortest: short.operations.length, figures }
}

/** What is told of a verdict to another program. */
export function summaryOf({ violations: [first], shortest: length }: Verdict): Summary {
  return { first: first && { invariant: first.invariant, message: first.message, at: first.at }, shortest: length }
}

/** Counts what was done in a run. */
export function figuresOf({ operations, faults, final }: Evidence): Figures {
  const tries = operations.flatMap((operation) => operation.tries)
  const of = (is: string) => tries.filter(({ outcome }) => outcome?.is === is).length
  return {
    operations: operations.length,
    sendings: tries.length,
    acknowledged: of('ok'),
    refused: of('refused'),
    unknown: of('unknown'),
    reads: operations.filter(({ method }) => /^(List|Get)/.test(method)).length,
    changes: Object.values(final.changes).flat().length,
    faults: faults.length,
  }
}

/** The words of a verdict, for a person. */
export function wordsOf(
  { violations, shortest: length, figures }: Verdict,
  evidence: Evidence,
  folder: string,
): string {
  const { operations, sendings, acknowledged, refused, unknown, reads, changes, faults } = figures
  const done = [
    `${operations} operations (${reads} reads) in ${sendings} sendings: ${acknowledged} acknowledged, ${refused} refused, ${unknown} without an answer.`,
    `${changes} changes in the feeds. ${faults} faults${faults === 0 ? '.' : ':'}`,
    ...evidence.faults.map(
      ({ start, end, what }) =>
        `  ${(start / 1_000).toFixed(1)} s to ${((end ?? start) / 1_000).toFixed(1)} s: ${what}`,
    ),
  ]
  const promises = Object.keys(JUDGES).map((name) => {
    const broken = violations.filter(({ invariant }) => invariant === name)
    return broken.length === 0 ? `  holds    ${name}` : `  BROKEN   ${name}: ${broken.length} times`
  })
  if (violations.length === 0)
    return [...done, ...promises, `Nothing is against the promises. The history is in ${folder}.`].join('\n')
  const shown = violations
    .slice(0, 5)
    .map(({ invariant, message, at }) => `  ${(at / 1_000).toFixed(1)} s, ${invariant}: ${message}`)
  // What is broken comes first: whoever keeps only the first lines of a long message has it.
  return [
    `${violations.length} violations, the first of them:`,
    ...shown,
    `In ${folder}: history.jsonl, shortest.json (${length} operations that still show the first), timeline.html.`,
    ...promises,
    ...done,
  ].join('\n')
}
