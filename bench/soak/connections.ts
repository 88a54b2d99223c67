import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { Status } from 'nice-grpc'

/** How a call ended: its status, and of a refusal whether it says when to come again, in one way or both. */
export type Ending = { readonly code: string; readonly details?: string; readonly isDelayTold: boolean }

/** Calls by gRPC whose messages are encoded already: as few steps a call as there can be, so that others have the processors. */
export type Connections = {
  /** Undefined: there is no room for one more call on as many connections as there may be. */
  call(path: string, message: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Ending> | undefined
  close(): void
}

/** The gateway takes so many calls at once on a connection. */
const STREAMS = 100
const CONNECTIONS = 100
/** Longer than the deadline that the call tells: it is the server's to end it. */
const PATIENCE_MS = 12_000

/** A connection and its calls under way. */
type Line = { readonly session: ClientHttp2Session; open: number; isUsable: boolean }

/** Opens connections to `host:port` as they are needed, and calls on the one that has the fewest calls. */
export function connections(address: string): Connections {
  let lines: Line[] = []
  const open = (): Line => {
    const session = connect(`http://${address}`)
    const line: Line = { session, open: 0, isUsable: true }
    const leave = () => {
      line.isUsable = false
      lines = lines.filter((other) => other !== line)
    }
    session.on('error', leave).on('close', leave).on('goaway', leave)
    lines.push(line)
    return line
  }
  const freest = (): Line | undefined => {
    let best: Line | undefined
    for (const line of lines) if (line.isUsable && (best === undefined || line.open < best.open)) best = line
    // Few calls share a connection while there are few.
    if (best === undefined || (best.open >= STREAMS / 4 && lines.length < CONNECTIONS)) return open()
    return best.open < STREAMS ? best : undefined
  }
  return {
    call(path, message, headers) {
      const line = freest()
      return line === undefined ? undefined : callOn(line, path, message, headers)
    },
    close() {
      for (const { session } of lines) session.destroy()
    },
  }
}

function callOn(
  line: Line,
  path: string,
  message: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Ending> {
  line.open += 1
  return new Promise((resolve) => {
    let seen: IncomingHttpHeaders = {}
    const stream = line.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      ...headers,
    })
    stream.setTimeout(PATIENCE_MS, () => stream.destroy())
    stream.on('response', (answer) => {
      if (answer['grpc-status'] !== undefined) seen = answer
    })
    stream.on('trailers', (trailers) => {
      seen = trailers
    })
    let cause = ''
    stream.on('error', (error) => {
      cause = error.message
    })
    stream.on('close', () => {
      line.open -= 1
      resolve(endingOf(seen, cause))
    })
    stream.resume()
    const frame = Buffer.allocUnsafe(message.length + 5)
    frame.writeUInt8(0, 0)
    frame.writeUInt32BE(message.length, 1)
    frame.set(message, 5)
    stream.end(frame)
  })
}

/** The status that no server gave: the connection was lost, or nobody answered. */
export const NO_ANSWER = 'no answer'

function endingOf(seen: IncomingHttpHeaders, cause: string): Ending {
  const status = seen['grpc-status']
  if (status === undefined) return { code: NO_ANSWER, details: cause, isDelayTold: false }
  const code = Status[Number(status)] ?? String(status)
  if (code === 'OK') return { code, isDelayTold: false }
  const bytes = Buffer.from(String(seen['grpc-status-details-bin'] ?? ''), 'base64')
  const { details } = StatusMessage.decode(bytes)
  const hasInfo = details.some(({ type_url }) => type_url.endsWith('/google.rpc.RetryInfo'))
  return {
    code,
    details: decodeURIComponent(String(seen['grpc-message'] ?? '')),
    isDelayTold: hasInfo || seen['retry-after'] !== undefined,
  }
}
