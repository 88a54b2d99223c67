/**
 * A request that grpc-js cannot read ends its call as INTERNAL, a fault of the server, though it is the caller's mistake; why, its
 * words alone say. So calls that grpc-js ends by itself are known by the beginning of these words.
 *
 * @library @grpc/grpc-js 1.14.7
 * @issue none found; the server before it said INVALID_ARGUMENT: https://github.com/grpc/grpc/pull/1655
 */
import { status as Status } from '@grpc/grpc-js'
import { SECOND_MESSAGE } from './call-bounds.ts'
import type { PartialStatus } from './interception.ts'

/** Why grpc-js ended a call by itself. */
export type OwnEnding = 'second message' | 'too large' | 'not decompressed' | 'not decoded' | 'wrong timeout' | 'late'

const WORDS: readonly [ending: OwnEnding, code: Status, begin: string][] = [
  ['second message', Status.RESOURCE_EXHAUSTED, SECOND_MESSAGE],
  ['too large', Status.RESOURCE_EXHAUSTED, 'Received message'],
  ['not decompressed', Status.INTERNAL, 'Failed to decompress'],
  ['not decoded', Status.INTERNAL, 'Error deserializing'],
  ['wrong timeout', Status.INTERNAL, 'Invalid grpc-timeout'],
  ['late', Status.DEADLINE_EXCEEDED, 'Deadline exceeded'],
]

/** Why grpc-js ended a call by itself; undefined when it did not. */
export function ownEnding({ code, details }: PartialStatus): OwnEnding | undefined {
  return WORDS.find(([, own, begin]) => code === own && details?.startsWith(begin))?.[0]
}
