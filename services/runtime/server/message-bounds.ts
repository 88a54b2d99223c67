import type { ServerInterceptor } from '@grpc/grpc-js'
import { asIs } from './receiving.ts'

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

/** Where grpc-js keeps the bound of a call, which its options set for a whole server only, and what cuts its messages. */
type Reading = { maxReceiveMessageSize: number; decoder: Decoder }
type Decoder = { maxReadMessageLength: number; write(data: Buffer): Buffer[] }

/**
 * Bounds what is read of each call: the bytes of a message, before and after decompression, and one message for a method
 * that takes one, as grpc-js decodes all that come before it looks at their number. Has to be the first interceptor.
 */
export function boundMessages(needsToken: (path: string) => boolean): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const reading = call as unknown as Reading
    const { decoder } = reading
    if (typeof reading.maxReceiveMessageSize !== 'number' || typeof decoder?.maxReadMessageLength !== 'number')
      throw new Error('grpc-js keeps the bounds of a call elsewhere than the version that this was made for')
    const largest = largestMessage(path, needsToken(path))
    reading.maxReceiveMessageSize = largest
    decoder.maxReadMessageLength = largest
    if (!requestStream) reading.decoder = { maxReadMessageLength: largest, write: onlyOne(decoder) }
    // No wrapper: grpc-js ends calls by the methods of this one, which others replace.
    return asIs(call)
  }
}

/** Cuts data as the decoder does; throws at the second message, and then no message of the same data is decoded. */
function onlyOne(decoder: Decoder): Decoder['write'] {
  let messages = 0
  return (data) => {
    const cut = decoder.write(data)
    messages += cut.length
    if (messages > 1) throw new Error('Received message after the one that the method takes')
    return cut
  }
}
