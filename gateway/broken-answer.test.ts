import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { readDescriptors } from '@hotel/test/gateway/fixtures'
import { type LoneGateway, startAlone } from '@hotel/test/gateway/lone-gateway'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const envoy = process.env.ENVOY_BIN

/** What a service that dies in the middle of an answer has sent of it by then. */
const begun: readonly [name: string, answer: (stream: ServerHttp2Stream) => void][] = [
  ['nothing', () => undefined],
  ['its headers', (stream) => stream.respond(headers)],
  [
    "part of its message's head",
    (stream) => {
      stream.respond(headers)
      stream.write(Buffer.from([0, 0, 0]))
    },
  ],
  [
    'part of its message',
    (stream) => {
      stream.respond(headers)
      stream.write(Buffer.from([0, 0, 0, 0, 100, 10, 5]))
    },
  ],
  [
    'all but its status',
    (stream) => {
      stream.respond(headers)
      stream.write(Buffer.alloc(5))
    },
  ],
]
const headers = { ':status': 200, 'content-type': 'application/grpc' }

;(envoy ? describe : describe.skip)('an answer that breaks off', () => {
  let gateway: LoneGateway
  let answer: (stream: ServerHttp2Stream) => void = () => undefined
  const service = createServer()
  beforeAll(async () => {
    service.on('stream', (stream: ServerHttp2Stream, { ':path': path }: IncomingHttpHeaders) => {
      stream.on('error', () => undefined)
      if (path?.startsWith('/grpc.health')) return stream.close()
      answer(stream)
      // What was written is on its way by then.
      setImmediate(() => stream.session?.ping(() => stream.session?.destroy()))
    })
    service.listen(0, '127.0.0.1')
    await once(service, 'listening')
    const address = `127.0.0.1:${(service.address() as AddressInfo).port}`
    gateway = await startAlone(envoy ?? '', await readDescriptors(), { ROOMS_ADDRESS: address })
  }, 40_000)
  afterAll(async () => {
    await gateway?.stop()
    service.close()
  })

  it.each(begun)('after %s is UNAVAILABLE, with when to repeat, for reads and writes', async (_name, begin) => {
    answer = begin
    const requests = [gateway.send('GET /rooms'), gateway.send('POST /rooms', '{"number":"1"}')]
    for (const { status, headers, json } of await Promise.all(requests)) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
      expect(json).toMatchObject({ code: 14, details: [{ reason: 'UNAVAILABLE' }, { retry_delay: '1s' }] })
    }
  })

  it.each(begun)('after %s is no answer by gRPC-Web and Connect, and the gateway goes on', async (_name, begin) => {
    answer = begin
    for (const method of ['ListRooms', 'CreateRoom', 'WatchRooms'])
      for (const type of ['application/grpc-web+proto', 'application/proto', 'application/connect+proto']) {
        const isStream = method === 'WatchRooms'
        if (type !== 'application/grpc-web+proto' && isStream !== type.includes('connect')) continue
        const text = await textOf(method, type)
        // The headers, or the end of a stream, say it; what has begun before is cut.
        expect([method, type, text]).toEqual([method, type, expect.stringMatching(/^cut$|14|unavailable/)])
      }
    expect((await gateway.send('GET /nothing')).status).toBe(404)
  })

  async function textOf(method: string, type: string): Promise<string> {
    const body = type === 'application/proto' ? '' : new Uint8Array(5)
    const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': type }
    try {
      const url = `http://${gateway.address}/hotel.rooms.v1.RoomService/${method}`
      const answer = await fetch(url, { method: 'POST', headers, body })
      return `${answer.headers.get('grpc-status') ?? ''}${await answer.text()}`
    } catch {
      return 'cut'
    }
  }
})
