import { open } from './raw-http.ts'

/** The types of frames: https://www.rfc-editor.org/rfc/rfc9113#section-6. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const
export const END_STREAM = 1
export const END_HEADERS = 4
const ACK = 1

export type Header = readonly [name: string, value: string]

/** One frame, whatever it says. */
export function frame(
  type: keyof typeof FRAME,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(FRAME[type], 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header block of literals that enter no table (HPACK), one character a byte. */
export function headerBlock(headers: readonly Header[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([length(bytes.length), bytes])
}

/** https://www.rfc-editor.org/rfc/rfc7541#section-5.1, with a prefix of seven bits. */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

/** A connection of HTTP/2 that says what it is told. */
export type Http2 = Disposable & {
  send(...frames: readonly Buffer[]): void
  /** Resolves with how the connection, or the given stream of it, ended: `closed`, or `reset` or `answered` for the stream. */
  ended(stream?: number): Promise<'closed' | 'reset' | 'answered'>
  /** Streams that the other side has ended, by a reset or whole. */
  readonly endedStreams: ReadonlyMap<number, 'reset' | 'answered'>
}

/** Opens one; settings are acknowledged, pings of the other side are not. */
export function openHttp2(address: string): Http2 {
  const socket = open(address)
  const endedStreams = new Map<number, 'reset' | 'answered'>()
  const closed = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')))
  const waiting = new Map<number, (how: 'reset' | 'answered') => void>()
  const end = (stream: number, how: 'reset' | 'answered') => {
    endedStreams.set(stream, how)
    waiting.get(stream)?.(how)
  }
  let rest = Buffer.alloc(0)
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    for (let size = 0; rest.length >= 9; rest = rest.subarray(size)) {
      size = 9 + rest.readUIntBE(0, 3)
      if (rest.length < size) return
      const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)]
      if (type === FRAME.settings && !(flags & ACK)) socket.write(frame('settings', ACK, 0))
      if (type === FRAME.reset) end(stream, 'reset')
      if ((type === FRAME.headers || type === FRAME.data) && flags & END_STREAM) end(stream, 'answered')
    }
  })
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame('settings', 0, 0)]))
  return {
    send: (...frames) => void (socket.destroyed || socket.write(Buffer.concat(frames))),
    ended(stream) {
      if (stream === undefined) return closed
      const known = endedStreams.get(stream)
      if (known !== undefined) return Promise.resolve(known)
      return Promise.race([closed, new Promise<'reset' | 'answered'>((resolve) => waiting.set(stream, resolve))])
    },
    endedStreams,
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
