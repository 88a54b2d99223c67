import type { Violation } from '../history/evidence.ts'
import type { Book } from '../model/book.ts'
import { isJustified } from '../model/refusals.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/** Each refusal names what was really so at some moment of its call: no free room is refused. */
export function judgeRefusals({ evidence, books, gone }: Judged): Violation[] {
  const { found, add } = violations('a refusal has its cause')
  for (const operation of evidence.operations) {
    const book = bookOf(books, evidence.world.places[operation.act.place]?.hotel ?? '')
    for (const attempt of operation.tries) {
      const { outcome } = attempt
      if (outcome?.is !== 'refused' || NOT_OURS.has(outcome.code)) continue
      if (isJustified({ evidence, book, gone, operation, attempt, refused: outcome })) continue
      const { reason, metadata, violations: named, fields } = outcome
      const what = JSON.stringify({ metadata, named, fields })
      const message = `${operation.name} (${operation.method} ${JSON.stringify(operation.request)}) was refused by ${reason} without a cause: ${what}`
      add(operation.name, message, attempt.end ?? 0, [operation.name])
    }
  }
  return found
}

/** Judged as errors. */
const NOT_OURS = new Set(['INTERNAL', 'UNKNOWN', 'UNIMPLEMENTED', 'DATA_LOSS', 'RESOURCE_EXHAUSTED'])

/** Of a hotel in which nothing has changed there are no changes. */
function bookOf(books: ReadonlyMap<string, Book>, hotel: string): Book {
  return (
    books.get(hotel) ?? {
      hotel,
      changes: [],
      versions: new Map(),
      byRoom: new Map(),
      stepOf: (seq) => seq,
      window: () => ({ first: 0, last: 0 }),
    }
  )
}
