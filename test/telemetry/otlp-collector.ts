import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'

/** A step of a trace as a collector gets it. */
export type ExportedSpan = {
  readonly service: string
  /** What is said of its process. */
  readonly resource: Readonly<Record<string, string>>
  /** The header `x-api-key` that it came with. */
  readonly key: string
  readonly traceId: string
  readonly spanId: string
  /** Empty at the root. */
  readonly parentSpanId: string
  readonly name: string
  /** 2 is SERVER, 3 CLIENT. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, string>>
  /** 2 is ERROR. */
  readonly status: number
}

/** Takes what is exported to it over OTLP, by HTTP and by gRPC. */
export type Collector = AsyncDisposable & {
  readonly httpUrl: string
  readonly grpcUrl: string
  readonly spans: readonly ExportedSpan[]
  /** Everything that was received, as bytes read as Latin-1: to look for what must not be there. */
  text(): string
}

/** Starts a collector on free ports of 127.0.0.1. */
export async function startCollector(): Promise<Collector> {
  const bodies: Buffer[] = []
  const spans: ExportedSpan[] = []
  const take = (body: Buffer, key: unknown) => {
    bodies.push(body)
    for (const span of decode(body)) spans.push({ ...span, key: String(key) })
  }
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf'
    if (isTraces) take(Buffer.concat(chunks), request.headers['x-api-key'])
    response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const grpc = new Server()
  grpc.addService(traceService, {
    export(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      take(call.request, call.metadata.get('x-api-key')[0])
      answer(null, Buffer.alloc(0))
    },
  })
  const grpcPort = await new Promise<number>((resolve, reject) =>
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  )
  return {
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    grpcUrl: `http://127.0.0.1:${grpcPort}`,
    spans,
    text: () => Buffer.concat(bodies).toString('latin1'),
    async [Symbol.asyncDispose]() {
      grpc.forceShutdown()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

const bytes = (message: Buffer) => message

/** Of opentelemetry/proto/collector/trace/v1/trace_service.proto. */
const traceService = {
  export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
}

/** An ExportTraceServiceRequest, by the field numbers of opentelemetry/proto/trace/v1/trace.proto. */
function* decode(request: Uint8Array): Iterable<Omit<ExportedSpan, 'key'>> {
  for (const resourceSpans of messages(request, 1)) {
    const resource = Object.assign({}, ...messages(resourceSpans, 1).map((each) => attributes(each, 1)))
    for (const scopeSpans of messages(resourceSpans, 2)) {
      for (const span of messages(scopeSpans, 2)) {
        yield {
          service: resource['service.name'],
          resource,
          traceId: Buffer.from(messages(span, 1)[0] ?? []).toString('hex'),
          spanId: Buffer.from(messages(span, 2)[0] ?? []).toString('hex'),
          parentSpanId: Buffer.from(messages(span, 4)[0] ?? []).toString('hex'),
          name: text(messages(span, 5)[0]),
          kind: numbers(span, 6)[0] ?? 0,
          attributes: attributes(span, 9),
          status: numbers(messages(span, 15)[0] ?? new Uint8Array(), 3)[0] ?? 0,
        }
      }
    }
  }
}

/** KeyValue messages of a field; values that are no strings are given as text. */
function attributes(message: Uint8Array, field: number): Record<string, string> {
  return Object.fromEntries(
    messages(message, field).map((pair) => {
      const value = messages(pair, 2)[0] ?? new Uint8Array()
      return [text(messages(pair, 1)[0]), text(messages(value, 1)[0]) || String(numbers(value, 3)[0] ?? '')]
    }),
  )
}

function messages(message: Uint8Array, field: number): Uint8Array[] {
  return fields(message).flatMap(([number, value]) => (number === field && typeof value !== 'number' ? [value] : []))
}

function numbers(message: Uint8Array, field: number): number[] {
  return fields(message).flatMap(([number, value]) => (number === field && typeof value === 'number' ? [value] : []))
}

function fields(message: Uint8Array): [number, Uint8Array | number][] {
  const reader = new BinaryReader(message)
  const found: [number, Uint8Array | number][] = []
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (type === WireType.LengthDelimited) found.push([field, reader.bytes()])
    else if (type === WireType.Varint) found.push([field, Number(reader.int64())])
    else reader.skip(type, field)
  }
  return found
}

function text(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString()
}
