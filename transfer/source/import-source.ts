import type { Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService } from '@hotel/stack/service-names'
import type { TransferClient } from '../clients.ts'
import type { Counts, Progress } from '../progress.ts'
import { ahead, batchesOf, type Entry } from '../sending/batches.ts'
import type { Refused } from '../sending/problems.ts'
import { openRefusedFile, type RefusedFile } from '../sending/refused-file.ts'
import type { Rehearsal } from '../sending/rehearsal.ts'
import { sender } from '../sending/sending.ts'
import type { Stop } from '../stop.ts'
import { uuidOf } from './folding.ts'
import type { FormerIds } from './former-ids.ts'
import { kindOf } from './kinds.ts'
import type { Reading } from './reading.ts'
import type { References } from './references.ts'
import type { Line, Source } from './source.ts'

type Options = {
  readonly clients: PerService<TransferClient>
  readonly references: References
  readonly former: FormerIds
  readonly reading: Reading
  readonly progress: Progress
  readonly stop: Stop
  /** Of a dry run: what has come before, none of which is stored. */
  readonly rehearsal?: Rehearsal | undefined
}

/** How the import of a source ended. */
export type Imported = {
  /** Where its refused lines are reported, if there are any. */
  readonly report: string | undefined
  /** Whether it came to the end of the source; if not, by a failure, or because it was stopped. */
  readonly isWhole: boolean
  readonly failure?: unknown
}

/**
 * Imports the lines of a source in their order, batch after batch, and shows what became of them, however it ends. While a
 * batch is stored the next one is checked and the one after it is read, so memory holds three.
 */
export async function importSource(source: Source, options: Options): Promise<Imported> {
  const { progress, stop } = options
  options.references.forget()
  const counts: Counts = { created: 0, alreadyThere: 0, refused: 0, blank: 0 }
  const report = await openRefusedFile(source.report, source.columns)
  let ended: Omit<Imported, 'report'>
  try {
    await importLines(source, options, counts, report)
    ended = { isWhole: !stop.asked.aborted }
  } catch (failure) {
    ended = stop.asked.aborted ? { isWhole: false } : { isWhole: false, failure }
  }
  progress.end({ ...counts, blank: source.blankLines() }, ended.isWhole)
  return { ...ended, report: await report.close() }
}

async function importLines(
  source: Source,
  { clients, references, former, reading, progress, stop, rehearsal }: Options,
  counts: Counts,
  report: RefusedFile,
): Promise<void> {
  const send = sender(clients[kindOf(source.kind).service], stop.late)
  let last: Sent | undefined
  const follow = async (next?: Sent) => {
    const before = last
    last = next
    if (before === undefined) return
    const outcomes = await before.outcomes
    await tell(before.entries, outcomes, counts, report, (entry, outcome) =>
      rehearsal === undefined ? outcome : rehearsed(rehearsal, entry, outcome, source, references),
    )
    progress.show(counts, source.done())
  }
  try {
    const batches = former.settled(source.kind, batchesOf(source, references, reading))
    for await (const entries of ahead(batches)) {
      if (stop.asked.aborted) return
      const rows = entries.flatMap(({ encoded }) => encoded ?? [])
      await follow({ entries, outcomes: send({ rows, assumed: rehearsal?.assumedBy(entries) }) })
    }
  } finally {
    // Lines that were sent are stored, regardless of how the source ended.
    await follow()
  }
}

/** A batch that is sent, with what becomes of its rows. */
type Sent = { readonly entries: readonly Entry[]; readonly outcomes: Promise<Outcome[]> }

/** What a service says of a line, or what a dry run makes of that. */
type Judge = (entry: Entry, outcome: Outcome) => Outcome | Promise<Outcome>

async function tell(
  entries: readonly Entry[],
  outcomes: readonly Outcome[],
  counts: Counts,
  report: RefusedFile,
  judge: Judge,
): Promise<void> {
  const answered = outcomes.values()
  for (const entry of entries) {
    const { line, message, refused } = entry
    const outcome = refused === undefined ? await judge(entry, answered.next().value as Outcome) : undefined
    const refusal = refused ?? (outcome?.kind === Outcome_Kind.REFUSED ? outcome : undefined)
    if (refusal !== undefined) {
      counts.refused += 1
      await report.add(line, inTheirWords(refusal, line, message))
    } else if (outcome?.kind === Outcome_Kind.ALREADY_THERE) counts.alreadyThere += 1
    else counts.created += 1
  }
}

/** The outcome of a line in a dry run, where its service has seen none of the lines before its batch. */
async function rehearsed(
  rehearsal: Rehearsal,
  entry: Entry,
  outcome: Outcome,
  { kind, title }: Source,
  references: References,
): Promise<Outcome> {
  if (outcome.kind !== Outcome_Kind.CREATED) return outcome
  const judged = await rehearsal.judge(entry, kind, title, references)
  if (judged === 'CREATED') return outcome
  if (judged === 'ALREADY_THERE') return { ...outcome, kind: Outcome_Kind.ALREADY_THERE }
  return { kind: Outcome_Kind.REFUSED, ...judged, fields: [...judged.fields] }
}

/** A guest whom the line names by a key is so named in the refusal too. */
function inTheirWords({ reason, fields, message }: Refused, { cells }: Line, sent: Entry['message']): Refused {
  const { guest } = (sent?.reservation ?? {}) as { guest?: string }
  if (guest === undefined || guest === uuidOf(cells.guest ?? '')) return { reason, fields, message }
  return { reason, fields, message: message.replace(`the id ${guest}`, `the key "${cells.guest}"`) }
}
