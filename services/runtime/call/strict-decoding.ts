import { BinaryReader } from '@bufbuild/protobuf/wire'
import { type CompatServiceDefinition, type ServerAddBuilder, Status } from 'nice-grpc'
import { Refusal } from '../errors/refusal.ts'
import { noteRequestType, type RequestType } from './request-form.ts'

/** Stands for a request whose bytes are no message of its type, or one of too many fields. */
export class Undecodable {
  readonly refusal: Refusal

  constructor(why = 'it is cut off or broken, or a string in it is not UTF-8') {
    const words = `the request is not a message of its type: ${why}`
    this.refusal = new Refusal(Status.INVALID_ARGUMENT, 'INVALID_FIELD', words)
  }
}

/**
 * Numbers that a message is read from, at most: tags, lengths and values. No batch of an import that is of use has as many;
 * one of nothing but empty elements has, and reading it would hold up everybody for a second.
 */
const MOST_NUMBERS = 600_000
class TooManyFields extends Error {}

/**
 * A builder of services whose calls reach the adapter also when the request can not be read, as an Undecodable: grpc-js
 * would end them with INTERNAL, as a fault of the service. Strings are held to UTF-8, as protobuf demands.
 */
export function decodingStrictly<Ext>(builder: ServerAddBuilder<Ext>): ServerAddBuilder<Ext> {
  return {
    with: (middleware) => decodingStrictly(builder.with(middleware)),
    add: (definition, implementation) => builder.add(strict(definition), implementation),
  }
}

type Method = {
  name: string
  requestStream: boolean
  requestType: RequestType & { decode: (input: Uint8Array | BinaryReader) => unknown }
}

function strict<Service extends CompatServiceDefinition>(definition: Service): Service {
  const { fullName, methods } = definition as unknown as { fullName: string; methods: Record<string, Method> }
  for (const { name, requestType } of Object.values(methods)) noteRequestType(`/${fullName}/${name}`, requestType)
  const read = ([name, method]: [string, Method]) => [name, method.requestStream ? method : withReader(method)]
  // The same definition but for how requests are decoded, which no type of it tells.
  return { ...definition, methods: Object.fromEntries(Object.entries(methods).map(read)) }
}

function withReader(method: Method): Method {
  const { decode } = method.requestType
  const decodeStrictly = (bytes: Uint8Array | BinaryReader) => {
    try {
      return decode(bytes instanceof BinaryReader ? bytes : readerOf(bytes))
    } catch (error) {
      return error instanceof TooManyFields ? new Undecodable('it has too many fields') : new Undecodable()
    }
  }
  return { ...method, requestType: { ...method.requestType, decode: decodeStrictly } }
}

function readerOf(bytes: Uint8Array): BinaryReader {
  const reader = new BinaryReader(bytes, utf8)
  if (bytes.length <= MOST_NUMBERS) return reader
  const { uint32 } = reader
  let left = MOST_NUMBERS
  reader.uint32 = () => {
    left -= 1
    if (left < 0) throw new TooManyFields()
    return uint32.call(reader)
  }
  return reader
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8 = (bytes: Uint8Array) => decoder.decode(bytes)
