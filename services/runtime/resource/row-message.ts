import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Texts } from '../database/read.ts'
import { etagOf } from './etag.ts'
import { momentOf, textsOf } from './row-values.ts'
import { Wire } from './wire.ts'

/** A message's type, as the generated code has it. */
export type MessageType<Message> = {
  encode(message: Message): BinaryWriter
  fromPartial(partial: object): Message
}

/** How a field of a message is made of a column, which may be an SQL expression. Nothing is written of a null. */
export type Field = {
  readonly column: string
  /** A value of the field that is not what is left out when it is encoded. */
  readonly sample: unknown
  readonly write: (wire: Wire, tag: Uint8Array, text: string) => void
}

/** How rows become messages, encoded, without anything in between. */
export type RowMessage = {
  /** The columns of the rows, for a statement's select list; others may follow. */
  readonly columns: string
  /** How many they are. */
  readonly width: number
  /** Where one of them is in a row. */
  place(column: string): number
  /** The message of a row. */
  encode(row: Texts): Uint8Array
  /** The answer of a list: the messages of rows in a repeated field, and the token of the next page. */
  encodePage<Page extends { next_page_token: string }>(
    type: MessageType<Page>,
    field: keyof Page & string,
  ): (rows: readonly Texts[], next_page_token: string) => Uint8Array
}

/** Says for each field of a message of which column it is; columns that several fields have are read once. */
export function rowMessage<Message>(
  type: MessageType<Message>,
  fields: { readonly [Name in keyof Required<Message>]: Field },
): RowMessage {
  const columns = [...new Set(Object.values<Field>(fields).map(({ column }) => column))]
  const place = (column: string) => {
    const found = columns.indexOf(column)
    if (found === -1) throw new Error(`no field is of the column ${column}`)
    return found
  }
  const inOrder = Object.entries<Field>(fields)
    .map(([name, { column, sample, write }]) => ({ tag: tagOf(type, name, sample), at: place(column), write }))
    // As the generated code writes them: by their numbers.
    .sort((one, other) => numberOf(one.tag) - numberOf(other.tag))
  const writeRow = (wire: Wire, row: Texts) => {
    for (const { tag, at, write } of inOrder) {
      const text = row[at]
      if (text !== null && text !== undefined) write(wire, tag, text)
    }
  }
  return {
    columns: columns.join(', '),
    width: columns.length,
    place,
    encode: (row) => wire.written((wire) => writeRow(wire, row)),
    encodePage(page, field) {
      const ofRows = tagOf(page, field, [{}])
      const ofToken = tagOf(page, 'next_page_token', 'x')
      return (rows, token) =>
        wire.written((wire) => {
          for (const row of rows) {
            wire.bytes(ofRows)
            wire.message(writeRow, row)
          }
          if (token !== '') text('').write(wire, ofToken, token)
        })
    },
  }
}

const wire = new Wire()

/** The tag of a field: with what the generated code begins a message that has nothing else. */
function tagOf<Message>(type: MessageType<Message>, field: string, sample: unknown): Uint8Array {
  const bytes = type.encode(type.fromPartial({ [field]: sample })).finish()
  return bytes.slice(0, bytes.findIndex((byte) => byte < 128) + 1)
}

function numberOf(tag: Uint8Array): number {
  return tag.reduceRight((number, byte) => number * 128 + (byte & 127), 0) >> 3
}

/** A text, an id or a date. */
export function text(column: string): Field {
  return { column, sample: 'x', write: (wire, tag, text) => writeText(wire, tag, text) }
}

function writeText(wire: Wire, tag: Uint8Array, text: string): void {
  wire.bytes(tag)
  wire.text(text)
}

/** A moment, of a timestamptz. */
export function moment(column: string): Field {
  return {
    column,
    sample: new Date(),
    write(wire, tag, text) {
      wire.bytes(tag)
      wire.moment(momentOf(text))
    },
  }
}

/** The etag of a row, of its version. */
export const etag: Field = {
  column: 'version',
  sample: 'x',
  write: (wire, tag, text) => writeText(wire, tag, etagOf(text)),
}

/** A value of an enum, of its name. */
export function choice(column: string, codes: Readonly<Record<string, string | number>>): Field {
  return { ...whole(column), write: (wire, tag, text) => writeWhole(wire, tag, Number(codes[text])) }
}

/** An int32. */
export function whole(column: string): Field {
  return { column, sample: 1, write: (wire, tag, text) => writeWhole(wire, tag, Number(text)) }
}

function writeWhole(wire: Wire, tag: Uint8Array, value: number): void {
  wire.bytes(tag)
  wire.varint(value)
}

/** Repeated texts, of an array. */
export function texts(column: string): Field {
  return {
    column,
    sample: ['x'],
    write(wire, tag, text) {
      for (const each of textsOf(text)) writeText(wire, tag, each)
    },
  }
}

/** The first of an array; the empty text when there is none. */
export function first(column: string): Field {
  return { column, sample: 'x', write: (wire, tag, text) => writeText(wire, tag, textsOf(text)[0] ?? '') }
}
