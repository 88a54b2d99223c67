import type { Batch, Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService } from '@hotel/stack/service-names'
import { persistent, type TransferClient } from './clients.ts'
import { kindOf } from './kinds.ts'
import { type Refused, Unusable } from './problems.ts'
import type { Counts, Progress } from './progress.ts'
import type { References } from './references.ts'
import { openRefusedFile, type RefusedFile } from './refused-file.ts'
import { type Line, messageOf, type Source } from './source.ts'

/** Rows of one transaction: enough to spare work for each, few enough that the front desk's bookings wait moments only. */
const ROWS = 500

type Entry = { readonly line: Line; readonly message: Record<string, unknown> | undefined; readonly refused?: Refused }

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
    await tell(entries, await send(client, source, entries), counts, report)
    progress.show(counts, source.done())
  }
  progress.end(counts)
  return { counts, report: await report.close() }
}

async function* batchesOf(source: Source, references: References): AsyncGenerator<Entry[]> {
  let batch: Entry[] = []
  for await (const line of source.lines()) {
    batch.push(await entryOf(line, source, references))
    if (batch.length < ROWS) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function entryOf(line: Line, source: Source, references: References): Promise<Entry> {
  try {
    return { line, message: await messageOf(line, source, references) }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { reason, fields, message } = error
    return { line, message: undefined, refused: { reason, fields, message } }
  }
}

/** The same, with the next one asked for while the last is in use. */
async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = items.next()
      // Its failure is told when it is its turn.
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await items.return(undefined)
  }
}

/** Sends what can be sent, again when the answer is lost: a batch that is stored already is answered as such. */
async function send(client: TransferClient, source: Source, entries: readonly Entry[]): Promise<Outcome[]> {
  const messages = entries.flatMap(({ message }) => (message === undefined ? [] : [message]))
  if (messages.length === 0) return []
  const batch = { [source.kind]: messages } as { [List in keyof Batch]?: Batch[List] }
  const { outcomes } = await client.import({ batch }, persistent)
  if (outcomes.length !== messages.length) throw new Error(`${outcomes.length} outcomes of ${messages.length} rows`)
  return outcomes
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
