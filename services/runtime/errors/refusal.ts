import type { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import type { ErrorReason } from '@hotel/proto/hotel/errors/v1/error_reason'
import { Status } from 'nice-grpc'
import {
  BadRequest,
  type BadRequest_FieldViolation,
  type ErrorDetails,
  ErrorInfo,
  PreconditionFailure,
  RetryInfo,
} from 'nice-grpc-error-details'

/** A reason of `hotel.errors.v1.ErrorReason`. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED' | 'UNRECOGNIZED'>

/** How long what is UNAVAILABLE may take to be there again; over REST the header `retry-after` says the same. */
const afterOneSecond = RetryInfo.fromPartial({ retryDelay: { seconds: 1, nanos: 0 } })

/**
 * An error for the caller: a canonical code, a documented reason, and every value of the message also in metadata. It is
 * expected, so it has no stack: to collect one, and to build the library's own RichServerError, takes longer than the rest
 * of a refused call.
 */
export class Refusal extends Error {
  readonly code: Status
  readonly reason: Reason
  /** Its words, under gRPC's name. */
  readonly details: string
  /** The messages that say more, the ErrorInfo with reason and metadata first. */
  readonly extra: readonly ErrorDetails[]
  /** By this nice-grpc takes it for a ServerError, which `instanceof` knows by the same mark. */
  readonly '@@nice-grpc:ServerError' = true

  constructor(
    code: Status,
    reason: Reason,
    message: string,
    metadata: Record<string, string> = {},
    details: readonly ErrorDetails[] = [],
  ) {
    const words = clipped(message)
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`${Status[code]}: ${words}`)
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.reason = reason
    this.details = words
    const info: ErrorInfo = { $type: ErrorInfo.$type, reason, domain: 'hotel', metadata: printable(metadata) }
    this.extra = code === Status.UNAVAILABLE ? [info, afterOneSecond, ...details] : [info, ...details]
  }
}

/** An entry without a value is not encoded whole, and Envoy 1.40's transcoder crashes on it: such a value is left out. */
function printable(metadata: Record<string, string>): Record<string, string> {
  const printed: Record<string, string> = {}
  for (const [key, value] of Object.entries(metadata)) if (value !== '') printed[key] = clipped(value)
  return printed
}

/** Room for the ids that a refusal may list. */
const LONGEST = 1_000
/** Of each of the wrong fields. */
const LONGEST_OF_MANY = 200
/** Of one refusal: who looks for more wrong fields may stop there. */
export const MOST_VIOLATIONS = 16

/**
 * As much of a text as an error tells. What callers send is repeated in it, and errors travel as headers: too many bytes of
 * these, and the peer resets the connection, with the calls of everybody on it.
 */
function clipped(text: string, longest = LONGEST): string {
  // A character is three bytes at most.
  if (text.length * 3 <= longest) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= longest) return text
  // A letter that was cut in two is gone.
  return `${bytes
    .subarray(0, longest)
    .toString()
    .replace(/\ufffd+$/, '')} ...`
}

/** The types of what refusals say more, each under its name. */
const TYPES = new Map(
  [ErrorInfo, RetryInfo, BadRequest, PreconditionFailure].map((type) => [type.$type as string, type]),
)

/** A refusal as a message, for its trailer and for an answer that tells of it. */
export function statusMessage({ code, details, extra }: Refusal): StatusMessage {
  return { code, message: details, details: extra.map(packed) }
}

/** A detail of a refusal as the Any that a Status has it in. */
export function packed(detail: ErrorDetails): StatusMessage['details'][number] {
  // Packed already, as are messages of the suite's own.
  if (detail.$type === 'google.protobuf.Any') return { type_url: detail.typeUrl, value: Buffer.from(detail.value) }
  const type = TYPES.get(detail.$type)
  if (type === undefined) throw new Error(`refusals have no details of the type ${detail.$type}`)
  // Each of these encodes what has its name.
  const bytes = type.encode(detail as never).finish()
  return {
    type_url: `type.googleapis.com/${detail.$type}`,
    value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
  }
}

/** One wrong field of a request and its remedy. */
export type FieldViolation = Pick<BadRequest_FieldViolation, 'field' | 'description'>

/** INVALID_ARGUMENT that names every wrong field. */
export function invalidFields(all: readonly FieldViolation[]): Refusal {
  const violations = all
    .slice(0, MOST_VIOLATIONS)
    .map(({ field, description }) => ({ field, description: clipped(description, LONGEST_OF_MANY) }))
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ')
  return new Refusal(
    Status.INVALID_ARGUMENT,
    'INVALID_FIELD',
    message,
    { fields: violations.map((v) => v.field).join(',') },
    [BadRequest.fromPartial({ fieldViolations: violations })],
  )
}

/** INVALID_FIELD of a `hotel` that does not exist, or that is not the caller's. */
export function unknownHotel(): Refusal {
  return invalidFields([{ field: 'hotel', description: 'no hotel has this id' }])
}

/** NOT_FOUND of a resource, as `guest`, by the id that the caller gave. */
export function notFound(resource: string, id: string): Refusal {
  return new Refusal(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND', `no ${resource} has the id ${id}`, { resource, id })
}

/** FAILED_PRECONDITION: what stands against the write. */
export function precondition(
  reason: Reason,
  message: string,
  metadata: Record<string, string> = {},
  violations: { type: string; subject: string; description: string }[] = [],
): Refusal {
  const details = violations.length > 0 ? [PreconditionFailure.fromPartial({ violations })] : []
  return new Refusal(Status.FAILED_PRECONDITION, reason, message, metadata, details)
}

/** ALREADY_EXISTS: another live resource has the value. */
export function alreadyExists(reason: Reason, message: string, metadata: Record<string, string> = {}): Refusal {
  return new Refusal(Status.ALREADY_EXISTS, reason, message, metadata)
}

/** FAILED_PRECONDITION of a field that can not be changed. */
export function immutable(field: string): Refusal {
  return precondition('FIELD_IMMUTABLE_NOW', `${field} cannot be changed: leave it out or send its present value`, {
    field,
  })
}

/** Throws FIELD_IMMUTABLE_NOW when a request sends another value for a field that can not be changed. */
export function demandUnchanged(field: string, sent: string | undefined, current: string): void {
  if (sent !== undefined && sent !== current) throw immutable(field)
}

/** UNAVAILABLE: others write in the hotel, and this call did not get its turn in time. */
export function hotelBusy(hotel: string): Refusal {
  const message =
    'other writes of this hotel took too long, and this one did not get its turn: repeat it with its idempotency key'
  return new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', message, { hotel })
}

/** UNAVAILABLE: another service had to be asked and gave no answer. Why is for the log: a text without what callers sent. */
export function peerUnavailable(peer: string, why?: string): Refusal {
  const message = `the ${peer} service does not answer now: repeat later`
  const refusal = new Refusal(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', message, { peer })
  if (why !== undefined) refusal.cause = why
  return refusal
}
