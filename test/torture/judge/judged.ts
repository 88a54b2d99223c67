import type { Evidence, Violation } from '../history/evidence.ts'
import type { Book } from '../model/book.ts'
import type { Gone } from '../model/gone.ts'

/** What the judges have in common: all that is known, read once. */
export type Judged = { readonly evidence: Evidence; readonly books: ReadonlyMap<string, Book>; readonly gone: Gone }

/** Looks for what is against one invariant. It decides by the evidence alone. */
export type Judge = (judged: Judged) => Violation[]
