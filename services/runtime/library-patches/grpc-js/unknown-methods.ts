/**
 * A call to a method that is not served is answered with UNIMPLEMENTED before any interceptor, and a server takes no handler for
 * such calls. So they are seen in what Node publishes of each HTTP/2 request before its server gets it.
 *
 * @library @grpc/grpc-js 1.14.7
 * @issue https://github.com/grpc/grpc-node/issues/1572
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'

/** Published by Node for each HTTP/2 request before its server sees it. */
const STARTS = 'http2.server.stream.start'

/** Such a call as it is seen: it may add headers to the answer, and asks to hear of its end. */
export type UnknownCall = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  explain(headers: OutgoingHttpHeaders): void
  ended(listener: () => void): void
}

/** Gives each call to a path that is not among those served. Returns how to stop. */
export function onUnknownCall(served: ReadonlySet<string>, see: (call: UnknownCall) => void): () => void {
  const look = (message: unknown) => {
    const { stream, headers } = message as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders }
    const path = headers[':path'] ?? ''
    if (!served.has(path) && headers['content-type']?.startsWith('application/grpc')) see(callOn(stream, path, headers))
  }
  subscribe(STARTS, look)
  return () => void unsubscribe(STARTS, look)
}

function callOn(stream: ServerHttp2Stream, path: string, headers: IncomingHttpHeaders): UnknownCall {
  return {
    path,
    headers,
    explain(more) {
      const respond = stream.respond.bind(stream)
      stream.respond = (answer, options) => respond({ ...answer, ...more }, options)
    },
    ended: (listener) => void stream.once('close', listener),
  }
}
