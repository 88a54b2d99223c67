/**
 * An interceptor of grpc-js wraps the call, and is not asked about a call that grpc-js ends by itself: at its deadline, or for a
 * message that is too large or broken. Each wrapper also hands on each event and each answer through closures of its own: three
 * took half as long as a bare call. So the methods of the call itself are replaced.
 *
 * @library @grpc/grpc-js 1.14.7
 * @issue none found; the wrapper came with https://github.com/grpc/grpc-node/pull/2650
 */
import type { Metadata, ServerInterceptingCall, ServerInterceptingCallInterface } from '@grpc/grpc-js'

/** Takes the parts of a call as they arrive. */
export type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]

/** As an intercepted call takes it, in which grpc-js leaves out the parts that it does not know. */
export type PartialStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]

/** Puts a listener before the call's handler: `before` is given the next one. An interceptor gives back the call itself then. */
export function receiving(
  call: ServerInterceptingCallInterface,
  before: (next: Listener) => Listener,
): ServerInterceptingCall {
  const start = call.start.bind(call)
  call.start = (listener) => start(before(listener))
  return asIs(call)
}

/** Sends all parts of an answer through these functions, whether its handler, an interceptor or grpc-js sends them. */
export function sending(
  call: ServerInterceptingCallInterface,
  by: {
    metadata(metadata: Metadata): void
    status(status: PartialStatus): PartialStatus
    sent(status: PartialStatus): void
  },
): void {
  const sendMetadata = call.sendMetadata.bind(call)
  const sendStatus = call.sendStatus.bind(call)
  call.sendMetadata = (metadata) => {
    by.metadata(metadata)
    sendMetadata(metadata)
  }
  call.sendStatus = (given) => {
    const status = by.status(given)
    sendStatus(status)
    by.sent(status)
  }
}

/** The result of an interceptor that has nothing to do with the call: no wrapper either. */
export function asIs(call: ServerInterceptingCallInterface): ServerInterceptingCall {
  // This interface has all that grpc-js calls of it: the class has private fields too.
  return call as ServerInterceptingCall
}
