/**
 * The bound of received messages is an option of a whole server, not of a method; and of a method that takes one message all that
 * arrive are decompressed and decoded before grpc-js looks at their number. So both are set in the call's own reader.
 *
 * @library @grpc/grpc-js 1.14.7
 * @issue none found; the option came with https://github.com/grpc/grpc-node/pull/1346
 */
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js'

/** The place where grpc-js keeps the bound of a call, and the part that cuts its messages. */
type Reading = { maxReceiveMessageSize: number; decoder: Decoder }
type Decoder = { maxReadMessageLength: number; write(data: Buffer): Buffer[] }

/** Bounds the bytes of each message of a call, before and after decompression, and the messages to one unless it is a stream. */
export function boundCall(call: ServerInterceptingCallInterface, largest: number, isStream: boolean): void {
  const reading = call as unknown as Reading
  const { decoder } = reading
  if (typeof reading.maxReceiveMessageSize !== 'number' || typeof decoder?.maxReadMessageLength !== 'number')
    throw new Error('grpc-js keeps the bounds of a call elsewhere than the version that this was made for')
  reading.maxReceiveMessageSize = largest
  decoder.maxReadMessageLength = largest
  if (!isStream) reading.decoder = { maxReadMessageLength: largest, write: onlyOne(decoder) }
}

/** Cuts data as the decoder does; throws at the second message, and then no message of the same data is decoded. */
function onlyOne(decoder: Decoder): Decoder['write'] {
  let messages = 0
  return (data) => {
    const cut = decoder.write(data)
    messages += cut.length
    if (messages > 1) throw new Error(SECOND_MESSAGE)
    return cut
  }
}

/** The words in the status of a call that ends so; grpc-js puts no more than an error's words into it. */
export const SECOND_MESSAGE = 'Received message after the one that the method takes'
