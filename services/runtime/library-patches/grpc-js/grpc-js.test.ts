import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import {
  ResponderBuilder,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerWritableStream,
  status as Status,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from '@jest/globals'
import { framed, gzipped, rawGrpc } from '../../../../test/edge/raw-grpc.ts'
import { type OwnEnding, ownEnding } from './own-endings.ts'

// grpc-js as it is, without what this folder adds: a test that fails says that its patch is needed no more.

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** What a server is asked, and what it does. */
type Handlers = {
  readonly interceptors?: ServerInterceptor[]
  readonly decode?: (bytes: Buffer) => string
  readonly unary?: (answer: sendUnaryData<string>) => void
  readonly stream?: (call: ServerWritableStream<string, string>) => void
}

/** Where a server of grpc-js listens with two methods. */
async function serve({ interceptors = [], decode = String, unary, stream }: Handlers): Promise<string> {
  const server = new Server({ interceptors, 'grpc.max_receive_message_length': 100 } as never)
  const method = (name: string, responseStream: boolean) => ({
    path: `/test.Test/${name}`,
    requestStream: false,
    responseStream,
    requestDeserialize: decode,
    requestSerialize: Buffer.from,
    responseDeserialize: String,
    responseSerialize: (text: string) => Buffer.from(text),
  })
  server.addService(
    { unary: method('Unary', false), stream: method('Stream', true) },
    {
      unary: (_: unknown, answer: sendUnaryData<string>) => (unary ?? ((done) => done(null, 'answer')))(answer),
      stream: (call: ServerWritableStream<string, string>) => stream?.(call),
    },
  )
  closing.push(() => server.forceShutdown())
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
    ),
  )
}

const one = framed(Buffer.from('one'))
const forEver = { unary: () => undefined }

test('grpc-js/interception: an interceptor is not asked about a call that grpc-js ends by itself', async () => {
  const told: (Status | null | undefined)[] = []
  const interceptor: ServerInterceptor = (_, call) =>
    new ServerInterceptingCall(
      call,
      new ResponderBuilder()
        .withSendStatus((status, next) => {
          told.push(status.code)
          next(status)
        })
        .build(),
    )
  const [answering, late] = [
    await serve({ interceptors: [interceptor] }),
    await serve({ interceptors: [interceptor], ...forEver }),
  ]
  await rawGrpc(answering, '/test.Test/Unary', { body: one })
  expect(told).toEqual([Status.OK])
  const { code } = await rawGrpc(late, '/test.Test/Unary', { body: one, headers: { 'grpc-timeout': '10m' } })
  expect([code, told]).toEqual(['DEADLINE_EXCEEDED', [Status.OK]])
})

test('grpc-js/call-bounds: all messages to a method that takes one are decoded', async () => {
  const decoded: string[] = []
  const decode = (bytes: Buffer) => {
    decoded.push(String(bytes))
    return 'decoded'
  }
  const address = await serve({ decode, ...forEver })
  const body = Buffer.concat([one, one, one])
  const { code } = await rawGrpc(address, '/test.Test/Unary', { body })
  expect([code, decoded]).toEqual(['UNIMPLEMENTED', ['one', 'one', 'one']])
})

describe('grpc-js/own-endings: what the caller did wrong is said by words only, and mostly as a fault of the server', () => {
  const broken = () => {
    throw new Error('broken')
  }
  const compressed = { 'grpc-encoding': 'gzip' }
  test.each<[OwnEnding, string, Buffer, { decode?: () => string; headers?: Record<string, string> }]>([
    ['too large', 'RESOURCE_EXHAUSTED', framed(Buffer.alloc(101)), {}],
    ['too large', 'RESOURCE_EXHAUSTED', gzipped(Buffer.alloc(101)), { headers: compressed }],
    ['not decompressed', 'INTERNAL', framed(Buffer.from('no gzip'), true), { headers: compressed }],
    ['not decoded', 'INTERNAL', one, { decode: broken }],
    ['wrong timeout', 'INTERNAL', one, { headers: { 'grpc-timeout': 'soon' } }],
    ['late', 'DEADLINE_EXCEEDED', one, { headers: { 'grpc-timeout': '10m' } }],
  ])('%s: %s', async (ending, code, body, { decode = () => 'decoded', headers = {} }) => {
    const address = await serve({ decode, ...forEver })
    const answer = await rawGrpc(address, '/test.Test/Unary', { body, headers })
    expect([answer.code, ownEnding({ code: Status[code as 'OK'], details: answer.message })]).toEqual([code, ending])
  })
})

test('grpc-js/stream-reset: a stream whose reader stands still stays, though its handler destroys it', async () => {
  const destroyed = Promise.withResolvers<void>()
  const stream = (call: ServerWritableStream<string, string>) => {
    call.on('error', () => undefined)
    // More than the window of a stream that nobody reads.
    call.write('x'.repeat(200_000), () => undefined)
    call.destroy(new Error('too slow'))
    destroyed.resolve()
  }
  const session = connect(`http://${await serve({ stream })}`)
  closing.push(() => session.destroy())
  const slow = called(session, 'Stream')
  slow.pause()
  await destroyed.promise
  // What is answered later, on the same connection, comes after a reset.
  const quick = called(session, 'Unary')
  quick.resume()
  await once(quick, 'close')
  expect(slow.closed).toBe(false)
})

test('grpc-js/unknown-methods: no interceptor sees a call to a method that is not served', async () => {
  const seen: string[] = []
  const interceptor: ServerInterceptor = ({ path }, call) => {
    seen.push(path)
    return new ServerInterceptingCall(call)
  }
  const address = await serve({ interceptors: [interceptor] })
  const { code } = await rawGrpc(address, '/test.Test/Other', { body: one })
  expect([code, seen]).toEqual(['UNIMPLEMENTED', []])
})

function called(session: ClientHttp2Session, method: string) {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/test.Test/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(one)
  return stream
}
