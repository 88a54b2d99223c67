import { Metadata, type ServerInterceptingCallInterface, status as Status } from '@grpc/grpc-js'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { invalidFields, type Reason, Refusal, statusMessage } from '../resource/refusal.ts'
import { Unreadable } from './readable.ts'

/** As an intercepted call takes it, in which grpc-js leaves out what it does not know. */
type PartialStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]

/** How a refusal ends a call, with its details, where no middleware does that. */
export function statusOf(refusal: Refusal): PartialStatus {
  const metadata = new Metadata()
  const details = StatusMessage.encode(statusMessage(refusal)).finish()
  metadata.set('grpc-status-details-bin', Buffer.from(details))
  // Over REST the code alone would be 429.
  if (refusal.reason === 'BODY_TOO_LARGE') metadata.set('x-http-code', '413')
  return { code: refusal.code, details: refusal.details, metadata }
}

/** What grpc-js says of a request that it ends itself, by the beginning of its words. */
const OF_GRPC: readonly [code: Status, words: string, refusal: (words: string) => Refusal][] = [
  [
    Status.RESOURCE_EXHAUSTED,
    'Received message after',
    () => new Unreadable('more follows than the one that is taken').refusal,
  ],
  [Status.RESOURCE_EXHAUSTED, 'Received message', tooLarge],
  [Status.INTERNAL, 'Failed to decompress', () => new Unreadable('it can not be decompressed').refusal],
  [Status.INTERNAL, 'Error deserializing', () => new Unreadable().refusal],
  [Status.INTERNAL, 'Invalid grpc-timeout', () => wrongTimeout],
  [Status.DEADLINE_EXCEEDED, 'Deadline exceeded', () => late],
]

/**
 * The status with which grpc-js ends a call past the suite, said as the suite says it: the caller's mistakes are no fault
 * of the service. Every other status as it is.
 */
export function explained(status: PartialStatus): { status: PartialStatus; reason?: Reason } {
  const words = status.details ?? ''
  const [, , refusalOf] = OF_GRPC.find(([code, begin]) => status.code === code && words.startsWith(begin)) ?? []
  if (refusalOf === undefined || status.metadata?.get('grpc-status-details-bin').length) return { status }
  const refusal = refusalOf(words)
  return { status: statusOf(refusal), reason: refusal.reason }
}

function tooLarge(words: string): Refusal {
  const [, most = ''] = /(?:vs |larger than )(\d+)\)?$/.exec(words) ?? []
  return new Refusal(
    Status.RESOURCE_EXHAUSTED,
    'BODY_TOO_LARGE',
    `the message is larger than ${most} bytes, uncompressed: send less at once`,
  )
}

const wrongTimeout = invalidFields([
  { field: 'grpc-timeout', description: 'is not up to 8 digits and a unit, as 5S: leave it out, or give one' },
])

const late = new Refusal(
  Status.DEADLINE_EXCEEDED,
  'DEADLINE_EXCEEDED',
  "the call's time ran out: a write may have happened",
)
