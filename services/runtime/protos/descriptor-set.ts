import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/**
 * The fields of a message by their numbers: integers as they are, and what has a length as its bytes. Descriptor sets are read
 * so where little of them is wanted: a registry of the suite's holds 20 MB.
 */
export type Fields = ReadonlyMap<number, readonly (Uint8Array | bigint)[]>

/** Numbers of the fields of google/protobuf/descriptor.proto that lead to options. */
export const SET = { file: 1 }
export const FILE = { package: 2, message: 4, service: 6, extension: 7 }
export const MESSAGE = { name: 1, field: 2, nested: 3 }
export const SERVICE = { name: 1, method: 2 }
export const METHOD = { name: 1, options: 4 }
export const FIELD = { name: 1, extendee: 2, number: 3, options: 8 }

/** Reads the fields of a message. */
export function fieldsOf(message: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | bigint)[]>()
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    const values = fields.get(number) ?? []
    fields.set(number, values)
    if (type === WireType.LengthDelimited) values.push(reader.bytes())
    else if (type === WireType.Varint) values.push(BigInt(reader.int64()))
    else reader.skip(type, number)
  }
  return fields
}

/** The messages in a field that is one, or a list of them. */
export function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array).map(fieldsOf)
}

/** The bytes of a message in a field; undefined where there is none. Several are one, as protobuf has it. */
export function bytes(fields: Fields, number: number): Uint8Array | undefined {
  const parts = (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array)
  return parts.length === 0 ? undefined : Buffer.concat(parts)
}

/** The text in a field; the last value counts. */
export function text(fields: Fields, number: number): string {
  const value = fields.get(number)?.at(-1)
  return value instanceof Uint8Array ? decoder.decode(value) : ''
}

/** The integer in a field; the last value counts. */
export function integer(fields: Fields, number: number): number | undefined {
  const value = fields.get(number)?.at(-1)
  return typeof value === 'bigint' ? Number(value) : undefined
}

const decoder = new TextDecoder()
