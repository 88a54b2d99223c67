import type { ServerInterceptor } from '@grpc/grpc-js'
import { boundCall } from '../library-patches/grpc-js/call-bounds.ts'
import { asIs } from '../library-patches/grpc-js/interception.ts'

/** The largest request, uncompressed, as of a body over REST. */
const LARGEST = 65_536
/** The largest request that needs no token: these are short. */
const LARGEST_UNKNOWN = 4_096
/** The largest batch of an import: transfer.proto states it. */
const LARGEST_BATCH = 4 * 1_048_576
const IMPORT = '/hotel.transfer.v1.TransferService/Import'

/** The most bytes of a request of the method at this path. */
export function largestMessage(path: string, needsToken: boolean): number {
  if (path === IMPORT) return LARGEST_BATCH
  return needsToken ? LARGEST : LARGEST_UNKNOWN
}

/** Bounds what is read of each call: the bytes of a message, and one message for a method that takes one. Has to be the first interceptor. */
export function boundMessages(needsToken: (path: string) => boolean): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    boundCall(call, largestMessage(path, needsToken(path)), requestStream)
    return asIs(call)
  }
}
