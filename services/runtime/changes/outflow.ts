import { AsyncLocalStorage } from 'node:async_hooks'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js'
import { asIs, receiving } from '../server/receiving.ts'

/**
 * What a stream has sent and its reader has not let through yet. grpc-js queues sixteen messages of a stream before it
 * makes its handler wait, and HTTP/2 ends no stream whose reader stands still: a handler that must hold little and know
 * such readers asks here.
 */
export type Outflow = {
  /** Resolves with true once all messages are on their way, with false after the time; rejects when the signal aborts. */
  taken(milliseconds: number, signal: AbortSignal): Promise<boolean>
  /** Resolves when nothing of the stream is held any more: all of it is sent, or the reader is gone. */
  readonly closed: Promise<void>
  /** Cuts the stream unless it is closed by then: a reader who stands still takes no status either. */
  cutAfter(milliseconds: number): void
}

const outflows = new AsyncLocalStorage<Outflow>()

/** The outflow of the stream that this code answers. */
export function currentOutflow(): Outflow {
  const outflow = outflows.getStore()
  if (outflow === undefined) throw new Error('not in the handler of a stream, or the server lacks outflowInterceptor')
  return outflow
}

/** Lets the handlers of streams find their Outflow. */
export const outflowInterceptor: ServerInterceptor = ({ responseStream }, call) => {
  if (!responseStream) return asIs(call)
  const { outflow, sent, taken, close } = createOutflow(() => cut(call))
  const sendMessage = call.sendMessage.bind(call)
  call.sendMessage = (message, callback) => {
    sent()
    sendMessage(message, () => {
      taken()
      callback()
    })
  }
  return receiving(call, (next) => ({
    onReceiveMetadata: (metadata) => next.onReceiveMetadata(metadata),
    onReceiveMessage: (message) => next.onReceiveMessage(message),
    // Here grpc-js calls the handler of a stream that has one request.
    onReceiveHalfClose: () => outflows.run(outflow, () => next.onReceiveHalfClose()),
    onCancel() {
      close()
      next.onCancel()
    },
  }))
}

/** grpc-js has no way to reset a stream of its server: the stream of HTTP/2 is in the innermost of its calls. */
function cut(call: ServerInterceptingCallInterface): void {
  type Inside = { readonly stream?: ServerHttp2Stream; readonly nextCall?: Inside }
  let inside: Inside | undefined = call as Inside
  while (inside !== undefined && inside.stream === undefined) inside = inside.nextCall
  inside?.stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
}

function createOutflow(cutNow: () => void) {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  let waiting = 0
  let allTaken: () => void = () => undefined
  const outflow: Outflow = {
    closed,
    async taken(milliseconds, signal) {
      signal.throwIfAborted()
      if (waiting === 0) return true
      const { promise, resolve, reject } = Promise.withResolvers<boolean>()
      const aborted = () => reject(signal.reason)
      const timer = setTimeout(() => resolve(false), milliseconds)
      allTaken = () => resolve(true)
      signal.addEventListener('abort', aborted)
      return promise.finally(() => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
      })
    },
    cutAfter(milliseconds) {
      const timer = setTimeout(cutNow, milliseconds)
      void closed.then(() => clearTimeout(timer))
    },
  }
  return {
    outflow,
    close,
    sent: () => {
      waiting += 1
    },
    taken: () => {
      waiting -= 1
      if (waiting === 0) allTaken()
    },
  }
}
