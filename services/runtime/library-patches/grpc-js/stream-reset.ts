/**
 * A server has no way to reset a stream. Its status waits behind the messages that the reader does not take, so a call whose reader
 * stands still is never over. The stream of HTTP/2 is in the innermost of the call's wrappers.
 *
 * @library @grpc/grpc-js 1.14.7
 * @issue none found
 */
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js'

/** Resets the stream of a call: its reader gets no status, and nothing is held for it any more. */
export function resetStream(call: ServerInterceptingCallInterface): void {
  type Inside = { readonly stream?: ServerHttp2Stream; readonly nextCall?: Inside }
  let inside: Inside | undefined = call as Inside
  while (inside !== undefined && inside.stream === undefined) inside = inside.nextCall
  inside?.stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
}
