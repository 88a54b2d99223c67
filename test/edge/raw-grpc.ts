import { connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { Status } from 'nice-grpc'
import { ErrorInfo } from 'nice-grpc-error-details'

/** How a call of raw bytes ended. */
export type RawAnswer = { code: string; reason: string; metadata: Record<string, string>; message: string }

/** A message as gRPC frames it; or only what a message of this length begins with. */
export function framed(message: Buffer | number, compressed = false): Buffer {
  const length = typeof message === 'number' ? message : message.length
  const head = Buffer.alloc(5)
  head.writeUInt8(compressed ? 1 : 0)
  head.writeUInt32BE(length, 1)
  return typeof message === 'number' ? head : Buffer.concat([head, message])
}

/** The same, compressed. */
export function gzipped(message: Buffer): Buffer {
  return framed(gzipSync(message), true)
}

type RawRequest = { body?: Buffer; token?: string; headers?: Record<string, string>; isOpen?: boolean }

/** Sends what no library would; with `isOpen` the request does not end, whatever the answer waits for. */
export async function rawGrpc(address: string, path: string, request: RawRequest): Promise<RawAnswer> {
  const { body = Buffer.alloc(0), token, headers = {}, isOpen = false } = request
  const session = connect(`http://${address}`)
  session.on('error', () => undefined)
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    })
    stream.write(body)
    if (!isOpen) stream.end()
    return await new Promise((resolve, reject) => {
      const see = (seen: Record<string, unknown>) => {
        if (seen['grpc-status'] !== undefined) resolve(answerOf(seen))
      }
      stream.on('response', see)
      stream.on('trailers', see)
      stream.on('error', reject)
      stream.on('close', () => reject(new Error('the stream ended without a status')))
      stream.resume()
    })
  } finally {
    session.destroy()
  }
}

function answerOf(headers: Record<string, unknown>): RawAnswer {
  const details = Buffer.from(String(headers['grpc-status-details-bin'] ?? ''), 'base64')
  const any = StatusMessage.decode(details).details.find(({ type_url }) => type_url.endsWith('/google.rpc.ErrorInfo'))
  const { reason, metadata } = ErrorInfo.decode(any?.value ?? Buffer.alloc(0))
  const message = decodeURIComponent(String(headers['grpc-message'] ?? ''))
  return { code: Status[Number(headers['grpc-status'])] ?? '', reason, metadata, message }
}
