import type { Batch, Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService } from '@hotel/stack/service-names'
import { ahead, batchesOf, type Entry, type Row } from './batches.ts'
import { isPassing, persistent, TRIES, type TransferClient } from './clients.ts'
import { type KindName, kindOf } from './kinds.ts'
import type { Refused } from './problems.ts'
import type { Counts, Progress } from './progress.ts'
import type { References } from './references.ts'
import { openRefusedFile, type RefusedFile } from './refused-file.ts'
import type { Line, Source } from './source.ts'

type Options = {
  readonly clients: PerService<TransferClient>
  readonly references: References
  readonly progress: Progress
}

/**
 * Imports the lines of a source in their order, batch after batch; gives what became of them and where those that were
 * refused are told. While a batch is stored the next is read, so memory holds two.
 */
export async function importSource(
  source: Source,
  { clients, references, progress }: Options,
): Promise<{ counts: Counts; report: string | undefined }> {
  references.forget()
  const counts: Counts = { created: 0, alreadyThere: 0, refused: 0 }
  const report = await openRefusedFile(source.report, source.columns)
  const client = clients[kindOf(source.kind).service]
  const batches = ahead(batchesOf(source, references))
  for await (const entries of batches) {
    const rows = entries.flatMap(({ message }) => (message === undefined ? [] : [message]))
    await tell(entries, await send(client, source.kind, rows), counts, report)
    progress.show(counts, source.done())
  }
  progress.end(counts)
  return { counts, report: await report.close() }
}

/**
 * Sends rows, again when the answer is lost: what is stored already is answered as such. What is not done in a few tries may
 * be too much for one transaction, so it goes on in halves, in the same order; one row is tried for minutes.
 */
async function send(client: TransferClient, kind: KindName, rows: readonly Row[]): Promise<Outcome[]> {
  if (rows.length === 0) return []
  const batch = { [kind]: rows } as { [List in keyof Batch]?: Batch[List] }
  try {
    const { outcomes } = await client.import({ batch }, persistent(rows.length > 1 ? TRIES.few : TRIES.many))
    if (outcomes.length !== rows.length) throw new Error(`${outcomes.length} outcomes of ${rows.length} rows`)
    return outcomes
  } catch (error) {
    if (rows.length === 1 || !isPassing(error)) throw error
    const half = Math.ceil(rows.length / 2)
    const first = await send(client, kind, rows.slice(0, half))
    return [...first, ...(await send(client, kind, rows.slice(half)))]
  }
}

async function tell(
  entries: readonly Entry[],
  outcomes: Outcome[],
  counts: Counts,
  report: RefusedFile,
): Promise<void> {
  const answered = outcomes.values()
  for (const { line, message, refused } of entries) {
    const outcome = message === undefined ? undefined : answered.next().value
    const refusal = refused ?? (outcome?.kind === Outcome_Kind.REFUSED ? outcome : undefined)
    if (refusal !== undefined) {
      counts.refused += 1
      await report.add(line, inTheirWords(refusal, line, message))
    } else if (outcome?.kind === Outcome_Kind.ALREADY_THERE) counts.alreadyThere += 1
    else counts.created += 1
  }
}

/** A guest whom the line names by a key is so named in the refusal too. */
function inTheirWords({ reason, fields, message }: Refused, { cells }: Line, sent: Entry['message']): Refused {
  const { guest } = (sent?.reservation ?? {}) as { guest?: string }
  if (guest === undefined || guest === cells.guest) return { reason, fields, message }
  return { reason, fields, message: message.replace(`the id ${guest}`, `the key "${cells.guest}"`) }
}
