import { readFileSync } from 'node:fs'
import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Client, type ClientReadableStream, credentials, Metadata, status as Status } from '@grpc/grpc-js'

/** The whole API, internal services included, as its descriptors say it. */
export const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))),
)

/** All that a caller gets, but for the id of the call, which is always another. */
export type Answered = {
  readonly code: string
  readonly message: string
  /** google.rpc.Status, with its details. */
  readonly status: JsonValue
  /** Headers and trailers. */
  readonly metadata: Record<string, unknown>
  /** The answer, or the first of a stream, if there is one. */
  readonly answer: JsonValue | undefined
}

/** Calls any method with a request in JSON; of a stream only the first answer is taken. */
export type AnyCall = (
  address: string,
  method: DescMethod,
  request: JsonObject,
  headers: Record<string, string>,
) => Promise<Answered>

/** An AnyCall over one connection for each address; `close` ends them. */
export function openAnyCall(): { call: AnyCall; close(): void } {
  const clients = new Map<string, Client>()
  return {
    call(address, ...rest) {
      const client = clients.get(address) ?? new Client(address, credentials.createInsecure())
      clients.set(address, client)
      return callBy(client, ...rest)
    },
    close() {
      for (const client of clients.values()) client.close()
    },
  }
}

function callBy(
  client: Client,
  method: DescMethod,
  request: JsonObject,
  headers: Record<string, string>,
): Promise<Answered> {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const encode = (json: JsonObject) => Buffer.from(toBinary(method.input, fromJson(method.input, json)))
  const decode = (bytes: Buffer) => jsonOf(method.output, bytes)
  const path = `/${method.parent.typeName}/${method.name}`
  return new Promise<Answered>((resolve) => {
    let answer: JsonValue | undefined
    const seen = new Metadata()
    const call =
      method.methodKind === 'unary'
        ? client.makeUnaryRequest(path, encode, decode, request, metadata, (_, value) => (answer = value))
        : firstOf(client.makeServerStreamRequest(path, encode, decode, request, metadata), (value) => (answer = value))
    call.on('metadata', (given) => seen.merge(given))
    call.on('status', ({ code, details, metadata: trailers }) => {
      seen.merge(trailers)
      const [status] = seen.get('grpc-status-details-bin')
      for (const name of ['grpc-status-details-bin', 'x-request-id', 'date']) seen.remove(name)
      resolve({
        // A stream is given up once its first answer is there.
        code: answer === undefined ? (Status[code] ?? String(code)) : 'OK',
        message: answer === undefined ? details : '',
        status: status === undefined ? null : jsonOf(messageOf('google.rpc.Status'), status as Buffer),
        metadata: seen.getMap(),
        answer,
      })
    })
  })
}

function firstOf(
  stream: ClientReadableStream<JsonValue>,
  take: (answer: JsonValue) => void,
): ClientReadableStream<JsonValue> {
  // Told by the status too.
  stream.on('error', () => undefined)
  stream.once('data', (answer: JsonValue) => {
    take(answer)
    stream.cancel()
  })
  return stream
}

function jsonOf(schema: DescMessage, bytes: Uint8Array): JsonValue {
  return toJson(schema, fromBinary(schema, bytes), { registry, useProtoFieldName: true })
}

function messageOf(name: string): DescMessage {
  const schema = registry.getMessage(name)
  if (schema === undefined) throw new Error(`the descriptors have no message ${name}`)
  return schema
}
