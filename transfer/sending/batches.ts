import { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { Reading } from '../source/reading.ts'
import type { References } from '../source/references.ts'
import { type Line, messageOf, type Source } from '../source/source.ts'
import { type Refused, Unusable } from './problems.ts'

/** Rows of one transaction: enough to spare work for each, few enough that the front desk's bookings wait moments only. */
const ROWS = 500
/** Of the rows of one transaction as they are sent: a quarter of what a service takes. */
const BYTES = 1024 * 1024

/** A resource as a line says it. */
type Row = Record<string, unknown>

/** A line with the resource that it is, as it is and as its service takes it, or why it is refused. */
export type Entry = {
  readonly line: Line
  readonly message?: Row
  /** The bytes of a Batch with this resource alone. */
  readonly encoded?: Uint8Array
  readonly refused?: Refused
}

/**
 * The lines of a source in batches that end by count or by bytes, whichever comes first. Where the source cannot be read
 * on, what was read before comes first.
 */
export async function* batchesOf(source: Source, references: References, reading: Reading): AsyncGenerator<Entry[]> {
  let batch: Entry[] = []
  let bytes = 0
  try {
    for await (const line of source.lines()) {
      const { size, ...entry } = await entryOf(line, source, references, reading)
      if (batch.length === ROWS || (batch.length > 0 && bytes + size > BYTES)) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(entry)
      bytes += size
    }
  } catch (error) {
    if (batch.length > 0) yield batch
    throw error
  }
  if (batch.length > 0) yield batch
}

async function entryOf(
  line: Line,
  source: Source,
  references: References,
  reading: Reading,
): Promise<Entry & { size: number }> {
  try {
    const message = await messageOf(line, source, references, reading)
    const encoded = Batch.encode(Batch.fromPartial({ [source.kind]: [message] })).finish()
    const size = encoded.length
    if (size > BYTES)
      throw new Unusable('MALFORMED_LINE', [], 'the line is longer than 1 MiB, the limit for a line: shorten it')
    return { line, message, encoded, size }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { reason, fields, message } = error
    // It is kept for the report.
    const size = JSON.stringify(line.cells).length
    return { line, size, refused: { reason, fields, message } }
  }
}

/** The same, with the next one asked for while the last is in use. */
export async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = items.next()
      // Its failure is reported when it is its turn.
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await items.return(undefined)
  }
}
