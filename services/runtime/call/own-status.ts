import { Metadata, status as Status } from '@grpc/grpc-js'
import { invalidFields, Refusal } from '../errors/refusal.ts'
import { statusBytes } from '../errors/refusal-bytes.ts'
import type { PartialStatus } from '../library-patches/grpc-js/interception.ts'
import { type OwnEnding, ownEnding } from '../library-patches/grpc-js/own-endings.ts'
import { Undecodable } from './strict-decoding.ts'

/** The header of a refusal's details, a google.rpc.Status. */
const DETAILS = 'grpc-status-details-bin'

/** How a refusal ends a call, with its details beside what its handler says. */
export function statusOf(refusal: Refusal, metadata: Metadata = new Metadata()): PartialStatus {
  metadata.set(DETAILS, statusBytes(refusal))
  // Over REST the code alone would be 429.
  if (refusal.reason === 'BODY_TOO_LARGE') metadata.set('x-http-code', '413')
  return { code: refusal.code, details: refusal.details, metadata }
}

/** What is said of a call that grpc-js ends by itself: the caller's mistakes are no fault of the service. */
const REFUSALS: Readonly<Record<OwnEnding, (words: string) => Refusal>> = {
  'second message': () => new Undecodable('more than one message was sent').refusal,
  'too large': tooLarge,
  'not decompressed': () => new Undecodable('it cannot be decompressed').refusal,
  'not decoded': () => new Undecodable().refusal,
  'wrong timeout': () => wrongTimeout,
  late: () => late,
}

/**
 * The refusal that a status stands for: the one that the call was refused with, or one for what grpc-js ends past the suite,
 * said as the suite says it. Undefined for every other status.
 */
export function refusalBehind(status: PartialStatus, refused: Refusal | undefined): Refusal | undefined {
  if (status.code === Status.OK) return undefined
  const words = status.details ?? ''
  if (refused !== undefined && refused.code === status.code && refused.details === words) return refused
  const ending = ownEnding(status)
  return ending === undefined ? undefined : REFUSALS[ending](words)
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
  { field: 'grpc-timeout', description: 'is not up to 8 digits and a unit, such as 5S: leave it out, or correct it' },
])

const late = new Refusal(
  Status.DEADLINE_EXCEEDED,
  'DEADLINE_EXCEEDED',
  "the call's time ran out: a write may have happened",
)
