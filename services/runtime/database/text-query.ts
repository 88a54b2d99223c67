import type { Connection, Submittable } from 'pg'
import { wireOf } from '../library-patches/pg/untyped.ts'

/** A value of a statement's parameter. */
export type Parameter = string | number | boolean | null | undefined | readonly (string | null)[]

/**
 * A statement in the form in which `pg` takes queries of others, as its cursors are: what it gives are texts, so the columns are
 * not described, and nothing is made of a value that nobody asks for.
 */
export class TextQuery implements Submittable {
  readonly name: string | undefined
  text: string
  readonly values: readonly Parameter[]
  /** Its rows. */
  readonly answer: Promise<Texts[]>
  readonly #rows: Texts[] = []
  readonly #settle: PromiseWithResolvers<Texts[]>

  constructor({ name, text }: Statement, values: readonly Parameter[]) {
    this.name = name
    this.text = text
    this.values = values
    this.#settle = Promise.withResolvers()
    this.answer = this.#settle.promise
  }

  /** Sends it: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY */
  submit(on: Connection): undefined {
    const connection = wireOf(on)
    const { name = '', text } = this
    connection.stream.cork()
    if (name === '' || connection.parsedStatements[name] !== text) connection.parse({ name, text })
    connection.bind({ statement: name, values: this.values.map(written) })
    connection.execute()
    connection.sync()
    connection.stream.uncork()
  }

  handleDataRow({ fields }: { fields: Texts }): void {
    this.#rows.push(fields)
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#rows)
  }

  handleError(error: Error): void {
    this.#settle.reject(error)
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
}

/** A value as Postgres reads it. */
function written(value: Parameter): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? `{${value.map(element).join(',')}}` : String(value)
}

function element(text: string | null): string {
  return text === null ? 'NULL' : `"${text.replaceAll(/[\\"]/g, '\\$&')}"`
}

/** The columns of a row as Postgres writes them, in their order. */
export type Texts = readonly (string | null)[]

/** A statement; with a name a connection plans it once, under this name. */
export type Statement = { readonly name?: string | undefined; readonly text: string }
