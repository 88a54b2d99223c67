import { type HotelIds, isOfHotels } from '../access/hotels.ts'
import { encoded } from '../call/pre-encoded.ts'
import type { Read } from '../database/read.ts'
import type { Parameter, Statement, Texts } from '../database/text-query.ts'
import type { After, Page, SortKey } from './page.ts'
import { boundedColumns, type Size } from './page-bytes.ts'
import type { MessageType, RowMessage } from './row-message.ts'

/** How the rows of a list become the messages of its answer. */
export type Listing<Answer> = {
  readonly answer: MessageType<Answer>
  /** The repeated field of the answer. */
  readonly field: keyof Answer & string
  readonly row: RowMessage
  /** What the rows of a page are measured by. Without it, when they are read: where other bounds hold for what is read. */
  readonly size?: Size
  /** Columns that the keys need and the message has not. */
  readonly more?: readonly string[]
  /** The sort keys of a row, by its columns. */
  readonly keysOf: (column: (name: string) => string | null) => readonly SortKey[]
}

/** The rows of a page, encoded without its token, and where the next page begins. */
export type ListedPage = { readonly rows: Uint8Array; readonly next: After }

/** Lists in pages, encoded as their rows are read. */
export type Lister<Answer> = {
  /** The statement for the rows that a FROM item gives, in their order; prepared if it has a name. */
  statement(from: string, name?: string): Statement
  /** The answer with the page that the statement gives with these parameters. */
  answer(read: Read, page: Page, asked: Asked, signal: AbortSignal): Promise<Answer>
  /** The same without the token, for who keeps it. */
  page(read: Read, page: Page, asked: Asked, signal: AbortSignal): Promise<ListedPage>
}

/** A statement of this Lister with its parameters. */
export type Asked = { readonly statement: Statement; readonly parameters: readonly Parameter[] }

/** Makes the Lister of a list. */
export function lister<Answer extends { next_page_token: string }>(listing: Listing<Answer>): Lister<Answer> {
  const { row, size, more = [], keysOf } = listing
  const columns = [...row.columns, ...more]
  const select = size === undefined ? columns.join(', ') : boundedColumns(columns, size)
  const bytesOf = size === undefined ? bytesUpTo : () => (texts: Texts) => Number(texts[columns.length])
  const keysOfRow = (texts: Texts) => keysOf((name) => texts[columns.indexOf(name)] ?? null)
  const encodePage = row.encodePage(listing.answer, listing.field)
  const cut = async (read: Read, page: Page, { statement, parameters }: Asked, signal: AbortSignal) =>
    page.cut(await read(statement, parameters, signal), keysOfRow, bytesOf())
  return {
    statement: (from, name) => ({ name, text: `select ${select} from ${from}` }),
    async answer(read, page, asked, signal) {
      const { rows, next_page_token } = await cut(read, page, asked, signal)
      return encoded(encodePage(rows, next_page_token))
    },
    async page(read, page, asked, signal) {
      const { rows, next } = await cut(read, page, asked, signal)
      return { rows: encodePage(rows, ''), next }
    },
  }
}

/** Measures rows as they come, each with all before it, by the letters of their texts: one is six bytes of JSON at most. */
function bytesUpTo(): (texts: Texts) => number {
  let bytes = 0
  return (texts) => {
    for (const text of texts) bytes += text?.length ?? 0
    return bytes
  }
}

/** The conditions of a statement, joined by `and`, and its parameters. */
export type Conditions = {
  /** Adds one, by the places of its parameters ($1 …). */
  add(condition: (...places: string[]) => string, ...values: readonly Parameter[]): void
  /** Adds that the hotel in a column is one of these. */
  ofHotels(column: string, hotels: HotelIds): void
  /** Adds that a column has this value, unless it is null: a filter that is not given. */
  equal(column: string, value: Parameter): void
  /** As `where …`; empty without any. */
  text(): string
  readonly parameters: readonly Parameter[]
}

/** Without conditions yet; these are the statement's first parameters. */
export function conditions(...first: readonly Parameter[]): Conditions {
  const parameters = [...first]
  const added: string[] = []
  const add: Conditions['add'] = (condition, ...values) => {
    added.push(condition(...values.map((_, index) => `$${parameters.length + index + 1}`)))
    parameters.push(...values)
  }
  return {
    parameters,
    add,
    ofHotels(column, hotels) {
      if (hotels !== null) add((ids) => isOfHotels(column, ids, hotels), hotels)
    },
    equal(column, value) {
      if (value !== null) add((given) => `${column} = ${given}`, value)
    },
    text: () => (added.length > 0 ? `where ${added.join(' and ')}` : ''),
  }
}
