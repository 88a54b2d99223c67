import { randomUUID } from 'node:crypto'
import type { Batch, Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import { isPassing, ONCE, persistent, TRIES, type TransferClient } from '../clients.ts'

/** Rows of a batch, encoded; and for one that is only to be validated, what is to be taken as there. */
export type Rows = { readonly rows: readonly Uint8Array[]; readonly assumed?: Partial<Batch> | undefined }

/** Sends batches; gives what becomes of the rows of each, in their order. */
export type Send = (batch: Rows) => Promise<Outcome[]>

/**
 * Sends batches that are stored one after another. One is sent before the last one is answered, for its service to check
 * it meanwhile; where that fails it is sent again once the last one is stored. Ends by the signal.
 */
export function sender(client: TransferClient, signal: AbortSignal): Send {
  type Last = { readonly name: string; readonly outcomes: Promise<Outcome[]>; isOver: boolean }
  let last: Last | undefined
  const storeAfter = async (before: Last, batch: Rows, name: string) => {
    const options = { ...ONCE, signal }
    const early = await storeOnce(client, batch, { name, after: before.name }, options).catch((error: unknown) => {
      if (!isPassing(error)) throw error
    })
    await before.outcomes
    return early ?? store(client, batch, signal, name)
  }
  return (batch) => {
    if (batch.rows.length === 0) return Promise.resolve([])
    const name = randomUUID()
    const outcomes =
      last === undefined || last.isOver ? store(client, batch, signal, name) : storeAfter(last, batch, name)
    const sent: Last = { name, outcomes, isOver: false }
    // A failure is reported when it is its turn.
    outcomes.catch(() => undefined).finally(() => (sent.isOver = true))
    last = sent
    return outcomes
  }
}

/**
 * Sends rows, again when the answer is lost: what is stored already is answered as such. What is not done in a few tries may
 * be too much for one transaction, so it goes on in halves, in the same order; one row is tried for minutes.
 */
async function store(client: TransferClient, batch: Rows, signal: AbortSignal, name = ''): Promise<Outcome[]> {
  const { rows } = batch
  try {
    const tries = rows.length > 1 ? TRIES.few : TRIES.many
    return await storeOnce(client, batch, { name }, { ...persistent(tries), signal })
  } catch (error) {
    if (rows.length === 1 || signal.aborted || !isPassing(error)) throw error
    const half = Math.ceil(rows.length / 2)
    const first = await store(client, { ...batch, rows: rows.slice(0, half) }, signal)
    return [...first, ...(await store(client, { ...batch, rows: rows.slice(half) }, signal))]
  }
}

/** What would become of rows, of which none is stored. */
export async function validate(
  client: TransferClient,
  rows: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  return storeOnce(client, { rows, assumed: {} }, { name: '' }, { ...persistent(TRIES.many), signal })
}

async function storeOnce(
  client: TransferClient,
  { rows, assumed }: Rows,
  place: { readonly name: string; readonly after?: string },
  options: Parameters<TransferClient['import']>[1],
): Promise<Outcome[]> {
  const validation = assumed === undefined ? {} : { validate_only: true, assumed }
  const { outcomes } = await client.import({ rows, ...place, ...validation }, options)
  if (outcomes.length !== rows.length) throw new Error(`${outcomes.length} outcomes of ${rows.length} rows`)
  return outcomes
}
