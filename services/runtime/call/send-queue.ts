import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerInterceptor } from '@grpc/grpc-js'
import { asIs, receiving } from '../library-patches/grpc-js/interception.ts'
import { resetStream } from '../library-patches/grpc-js/stream-reset.ts'

/**
 * What a stream has sent and its reader has not let through yet. grpc-js queues sixteen messages of a stream before it
 * makes its handler wait, and HTTP/2 ends no stream whose reader stands still: a handler that must hold little and know
 * such readers asks here.
 */
export type SendQueue = {
  /** Resolves with true once all messages are on their way, with false after the time; rejects when the signal aborts. */
  taken(milliseconds: number, signal: AbortSignal): Promise<boolean>
  /** Resolves when nothing of the stream is held any more: all of it is sent, or the reader is gone. */
  readonly closed: Promise<void>
  /** Cuts the stream unless it is closed by then: a reader who stands still takes no status either. */
  cutAfter(milliseconds: number): void
}

const outflows = new AsyncLocalStorage<SendQueue>()

/** The sendQueue of the stream that this code answers. */
export function currentOutflow(): SendQueue {
  const sendQueue = outflows.getStore()
  if (sendQueue === undefined)
    throw new Error('not in the handler of a stream, or the server lacks sendQueueInterceptor')
  return sendQueue
}

/** Lets the handlers of streams find their SendQueue. */
export const sendQueueInterceptor: ServerInterceptor = ({ responseStream }, call) => {
  if (!responseStream) return asIs(call)
  const { sendQueue, sent, taken, close } = createOutflow(() => resetStream(call))
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
    onReceiveHalfClose: () => outflows.run(sendQueue, () => next.onReceiveHalfClose()),
    onCancel() {
      close()
      next.onCancel()
    },
  }))
}

function createOutflow(cutNow: () => void) {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  let waiting = 0
  let allTaken: () => void = () => undefined
  const sendQueue: SendQueue = {
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
    sendQueue,
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
