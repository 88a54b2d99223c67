import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Texts } from '../database/text-query.ts'
import { type Bytes, bufferOf, delimited, timestamp, utf8, varint } from '../errors/wire.ts'
import { etagOf } from './etag.ts'
import { momentOf, textsOf } from './row-values.ts'

/** A message's type, as the generated code has it. */
export type MessageType<Message> = {
  encode(message: Message): BinaryWriter
  fromPartial(partial: object): Message
}

/** How a field of a message is made of a column, which may be an SQL expression. A null makes none. */
export type Field = {
  readonly column: string
  /** A value of the field that is not what is left out when it is encoded. */
  readonly sample: unknown
  /** The field, with its tag, of what Postgres writes for the column. */
  readonly encode: (tag: Bytes, text: string) => Bytes
}

/** How rows become messages, encoded, without anything in between. */
export type RowMessage = {
  /** The columns of the rows, for a statement's select list; others may follow. */
  readonly columns: readonly string[]
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
    .map(([name, { column, sample, encode }]) => ({
      tag: fieldTag(type, name, sample),
      at: columns.indexOf(column),
      encode,
    }))
    // As the generated code writes them: by their numbers.
    .sort((one, other) => numberOf(one.tag) - numberOf(other.tag))
  const encodeRow = (row: Texts) => {
    let bytes = ''
    for (const { tag, at, encode } of inOrder) {
      const text = row[at]
      if (text !== null && text !== undefined) bytes += encode(tag, text)
    }
    return bytes
  }
  return {
    columns,
    place,
    encode: (row) => bufferOf(encodeRow(row)),
    encodePage(page, field) {
      const encode = pageEncoder(page, field)
      return (rows, token) => encode(rows.map(encodeRow), token)
    },
  }
}

/** The answer of a list: messages in a repeated field, and the token of the next page. */
export function pageEncoder<Page extends { next_page_token: string }>(
  type: MessageType<Page>,
  field: keyof Page & string,
): (messages: readonly Bytes[], next_page_token: string) => Uint8Array {
  const ofMessages = fieldTag(type, field, [{}])
  const ofToken = fieldTag(type, 'next_page_token', 'x')
  return (messages, token) => {
    let bytes = ''
    for (const message of messages) bytes += ofMessages + delimited(message)
    return bufferOf(token === '' ? bytes : bytes + ofToken + delimited(token))
  }
}

/** The same bytes, copied: put together of many pieces, they would be gone through piece by piece each time. */
export function inOnePiece(bytes: Bytes): Bytes {
  return bufferOf(bytes).toString('latin1')
}

/** The tag of a field: with what the generated code begins a message that has nothing else. */
export function fieldTag<Message>(type: MessageType<Message>, field: string, sample: unknown): Bytes {
  const bytes = type.encode(type.fromPartial({ [field]: sample })).finish()
  return Buffer.from(bytes.subarray(0, bytes.findIndex((byte) => byte < 128) + 1)).toString('latin1')
}

function numberOf(tag: Bytes): number {
  return Buffer.from(tag, 'latin1').reduceRight((number, byte) => number * 128 + (byte & 127), 0) >> 3
}

/** A text. */
export function text(column: string): Field {
  return { column, sample: 'x', encode: (tag, text) => tag + delimited(utf8(text)) }
}

/** A text of ASCII only, as an id and a date are. */
export function plain(column: string): Field {
  return { column, sample: 'x', encode: (tag, text) => tag + delimited(text) }
}

/** A moment, of a timestamptz. */
export function moment(column: string): Field {
  return { column, sample: new Date(), encode: (tag, text) => tag + delimited(timestamp(momentOf(text))) }
}

/** The etag of a row, of its version. */
export const etag: Field = {
  column: 'version',
  sample: 'x',
  encode: (tag, text) => tag + delimited(etagOf(text)),
}

/** A value of an enum, of its name. */
export function choice(column: string, codes: Readonly<Record<string, string | number>>): Field {
  return { column, sample: 1, encode: (tag, text) => tag + varint(Number(codes[text])) }
}

/** An int32. */
export function whole(column: string): Field {
  return { column, sample: 1, encode: (tag, text) => tag + varint(Number(text)) }
}

/** A bool: what is not so is left out. */
export function flag(column: string): Field {
  return { column, sample: true, encode: (tag, text) => (text === 't' ? tag + varint(1) : '') }
}

/** Repeated texts, of an array. */
export function texts(column: string): Field {
  return {
    column,
    sample: ['x'],
    encode: (tag, text) => textsOf(text).reduce((bytes, each) => bytes + tag + delimited(utf8(each)), ''),
  }
}

/** The first of an array; the empty text when there is none. */
export function first(column: string): Field {
  return { column, sample: 'x', encode: (tag, text) => tag + delimited(utf8(textsOf(text)[0] ?? '')) }
}
