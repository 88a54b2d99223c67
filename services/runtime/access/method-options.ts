import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** A method, by its path as `/hotel.guests.v1.GuestService/GetGuest`, and what it says under an option, if it does. */
export type MethodOption = { readonly path: string; readonly value: string | number | undefined }

/** Of google/protobuf/descriptor.proto: the numbers of the fields that lead to the options of methods. */
const SET = { file: 1 }
const FILE = { package: 2, service: 6, extension: 7 }
const SERVICE = { name: 1, method: 2 }
const METHOD = { name: 1, options: 4 }
const EXTENSION = { name: 1, number: 3 }

/**
 * An option of all methods of the suite, which is an extension as `hotel.auth.v1.scope`, read from a descriptor set. A registry
 * of the set would hold 20 MB, and each service asks for this one thing when it starts. Throws when the set has no such option.
 */
export function methodOptions(descriptorSet: Uint8Array, extension: string): MethodOption[] {
  const files = messages(fieldsOf(descriptorSet), SET.file)
  const number = numberOf(files, extension)
  return files.flatMap((file) =>
    messages(file, FILE.service).flatMap((service) => {
      const name = `${text(file, FILE.package)}.${text(service, SERVICE.name)}`
      if (!name.startsWith('hotel.')) return []
      return messages(service, SERVICE.method).map((method) => ({
        path: `/${name}/${text(method, METHOD.name)}`,
        value: optionOf(messages(method, METHOD.options), number),
      }))
    }),
  )
}

function numberOf(files: readonly Fields[], extension: string): number {
  const [, packageName, name] = /^(.*)\.(\w+)$/.exec(extension) ?? []
  const found = files
    .filter((file) => text(file, FILE.package) === packageName)
    .flatMap((file) => messages(file, FILE.extension))
    .find((each) => text(each, EXTENSION.name) === name)
  const number = found?.get(EXTENSION.number)?.at(-1)
  if (typeof number !== 'number') throw new Error(`the descriptor set has no option ${extension}`)
  return number
}

/** The last value counts, as protobuf has it. */
function optionOf(options: readonly Fields[], number: number): string | number | undefined {
  const value = options.flatMap((each) => each.get(number) ?? []).at(-1)
  return value instanceof Uint8Array ? decoder.decode(value) : value
}

/** The fields of a message by their numbers: int32 as numbers, and what has a length as its bytes. */
type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>

function fieldsOf(message: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | number)[]>()
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    const values = fields.get(number) ?? []
    fields.set(number, values)
    if (type === WireType.LengthDelimited) values.push(reader.bytes())
    else if (type === WireType.Varint) values.push(reader.int32())
    else reader.skip(type, number)
  }
  return fields
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array).map(fieldsOf)
}

function text(fields: Fields, number: number): string {
  const value = fields.get(number)?.at(-1)
  return value instanceof Uint8Array ? decoder.decode(value) : ''
}

const decoder = new TextDecoder()
