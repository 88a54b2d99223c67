import { Metadata, type ServerInterceptingCallInterface, status as Status } from '@grpc/grpc-js'
import { invalidFields, Refusal } from '../resource/refusal.ts'
import { statusBytes } from '../resource/refusal-bytes.ts'
import { Unreadable } from './readable.ts'

/** As an intercepted call takes it, in which grpc-js leaves out what it does not know. */
export type PartialStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]

/** The header of a refusal's details, a google.rpc.Status. */
const DETAILS = 'grpc-status-details-bin'

/** How a refusal ends a call, with its details beside what its handler says. */
export function statusOf(refusal: Refusal, metadata: Metadata = new Metadata()): PartialStatus {
  metadata.set(DETAILS, statusBytes(refusal))
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
 * The refusal that a status stands for: the one that the call was refused with, or one for what grpc-js ends past the suite,
 * said as the suite says it, as the caller's mistakes are no fault of the service. Undefined for every other status.
 */
export function refusalBehind(status: PartialStatus, refused: Refusal | undefined): Refusal | undefined {
  if (status.code === Status.OK) return undefined
  const words = status.details ?? ''
  if (refused !== undefined && refused.code === status.code && refused.details === words) return refused
  const [, , refusalOf] = OF_GRPC.find(([code, begin]) => status.code === code && words.startsWith(begin)) ?? []
  return refusalOf?.(words)
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
