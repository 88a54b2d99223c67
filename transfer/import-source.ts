import { randomUUID } from 'node:crypto'
import type { Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService } from '@hotel/stack/service-names'
import { ahead, batchesOf, type Entry } from './batches.ts'
import { isPassing, ONCE, persistent, TRIES, type TransferClient } from './clients.ts'
import { uuidOf } from './folding.ts'
import { kindOf } from './kinds.ts'
import type { Refused } from './problems.ts'
import type { Counts, Progress } from './progress.ts'
import type { Reading } from './reading.ts'
import type { References } from './references.ts'
import { openRefusedFile, type RefusedFile } from './refused-file.ts'
import type { Line, Source } from './source.ts'
import type { Stop } from './stop.ts'

type Options = {
  readonly clients: PerService<TransferClient>
  readonly references: References
  readonly reading: Reading
  readonly progress: Progress
  readonly stop: Stop
}

/** How the import of a source ended. */
export type Imported = {
  /** Where its refused lines are told, if there are any. */
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
  { clients, references, reading, progress, stop }: Options,
  counts: Counts,
  report: RefusedFile,
): Promise<void> {
  const send = sender(clients[kindOf(source.kind).service], stop.late)
  let last: Sent | undefined
  const follow = async (next?: Sent) => {
    const before = last
    last = next
    if (before === undefined) return
    await tell(before.entries, await before.outcomes, counts, report)
    progress.show(counts, source.done())
  }
  try {
    for await (const entries of ahead(batchesOf(source, references, reading))) {
      if (stop.asked.aborted) return
      const rows = entries.flatMap(({ encoded }) => encoded ?? [])
      await follow({ entries, outcomes: send(rows) })
    }
  } finally {
    // What is sent is stored, however the source ended.
    await follow()
  }
}

/** A batch that is sent, with what becomes of its rows. */
type Sent = { readonly entries: readonly Entry[]; readonly outcomes: Promise<Outcome[]> }

/**
 * Sends batches that are stored one after another. One is sent before the last one is answered, for its service to check
 * it meanwhile; where that fails it is sent again once the last one is stored.
 */
function sender(client: TransferClient, signal: AbortSignal): (rows: readonly Uint8Array[]) => Promise<Outcome[]> {
  type Last = { readonly name: string; readonly outcomes: Promise<Outcome[]>; isOver: boolean }
  let last: Last | undefined
  const storeAfter = async (before: Last, rows: readonly Uint8Array[], name: string) => {
    const early = await storeOnce(client, rows, { name, after: before.name }, { ...ONCE, signal }).catch(
      (error: unknown) => {
        if (!isPassing(error)) throw error
      },
    )
    await before.outcomes
    return early ?? store(client, rows, signal, name)
  }
  return (rows) => {
    if (rows.length === 0) return Promise.resolve([])
    const name = randomUUID()
    const outcomes =
      last === undefined || last.isOver ? store(client, rows, signal, name) : storeAfter(last, rows, name)
    const sent: Last = { name, outcomes, isOver: false }
    // A failure is told when it is its turn.
    outcomes.catch(() => undefined).finally(() => (sent.isOver = true))
    last = sent
    return outcomes
  }
}

/**
 * Sends rows, again when the answer is lost: what is stored already is answered as such. What is not done in a few tries may
 * be too much for one transaction, so it goes on in halves, in the same order; one row is tried for minutes.
 */
async function store(
  client: TransferClient,
  rows: readonly Uint8Array[],
  signal: AbortSignal,
  name = '',
): Promise<Outcome[]> {
  try {
    const tries = rows.length > 1 ? TRIES.few : TRIES.many
    return await storeOnce(client, rows, { name }, { ...persistent(tries), signal })
  } catch (error) {
    if (rows.length === 1 || !isPassing(error)) throw error
    const half = Math.ceil(rows.length / 2)
    const first = await store(client, rows.slice(0, half), signal)
    return [...first, ...(await store(client, rows.slice(half), signal))]
  }
}

async function storeOnce(
  client: TransferClient,
  rows: readonly Uint8Array[],
  place: { readonly name: string; readonly after?: string },
  options: Parameters<TransferClient['import']>[1],
): Promise<Outcome[]> {
  const { outcomes } = await client.import({ rows, ...place }, options)
  if (outcomes.length !== rows.length) throw new Error(`${outcomes.length} outcomes of ${rows.length} rows`)
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
    const outcome = refused === undefined ? answered.next().value : undefined
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
  if (guest === undefined || guest === uuidOf(cells.guest ?? '')) return { reason, fields, message }
  return { reason, fields, message: message.replace(`the id ${guest}`, `the key "${cells.guest}"`) }
}
