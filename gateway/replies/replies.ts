import type { Detail } from '../limits/grpc-status.ts'

/** An answer of Envoy's own: its status, and the error that it stands for. */
export type Reply = {
  readonly http: number
  /** `google.rpc.Code`. */
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Besides the `ErrorInfo`. */
  readonly more?: readonly Detail[]
}

/** Of who has no token, or one that is not accepted. */
export const noToken: Reply = { http: 401, code: 16, reason: 'UNAUTHENTICATED', message: 'A valid token is required.' }

/** A path of gRPC that is not routed. */
export const noMethod: Reply = {
  http: 404,
  code: 12,
  reason: 'METHOD_NOT_ALLOWED',
  message: 'There is no such method. gRPC reflection lists the existing methods.',
}

const away = 'The service cannot answer now. Repeat later.'
const afterOneSecond: Detail = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retry_delay: '1s' }

/**
 * The answers that Envoy gives by itself. The messages are fixed: Envoy's own are empty for some of these and name
 * upstream hosts in others.
 */
export const replies: readonly Reply[] = [
  { http: 400, code: 3, reason: 'INVALID_FIELD', message: 'The request is not well-formed HTTP.' },
  noToken,
  {
    http: 404,
    code: 5,
    reason: 'RESOURCE_NOT_FOUND',
    message: 'There is no such path.',
    metadata: { resource: 'path' },
  },
  { http: 405, code: 12, reason: 'METHOD_NOT_ALLOWED', message: 'The path does not have this method.' },
  { http: 408, code: 4, reason: 'DEADLINE_EXCEEDED', message: 'The request did not arrive in time.' },
  { http: 413, code: 8, reason: 'BODY_TOO_LARGE', message: 'The body is over 64 KiB.' },
  { http: 415, code: 3, reason: 'INVALID_FIELD', message: 'The body must be application/json.' },
  { http: 426, code: 3, reason: 'INVALID_FIELD', message: 'The request needs HTTP/1.1 or HTTP/2.' },
  {
    http: 429,
    code: 8,
    reason: 'RATE_LIMITED',
    message: 'Too many requests. Repeat after the seconds in the header retry-after.',
    metadata: { policy: '%RESP(x-ratelimit-policy)%' },
  },
  { http: 431, code: 3, reason: 'INVALID_FIELD', message: 'The headers are over 60 KiB.' },
  {
    http: 500,
    code: 13,
    reason: 'INTERNAL',
    message: 'The gateway failed. Its log has the cause under the request id.',
    metadata: { request_id: '%REQ(x-request-id)%' },
  },
  { http: 501, code: 12, reason: 'METHOD_NOT_ALLOWED', message: 'This is not offered.' },
  { http: 502, code: 14, reason: 'UNAVAILABLE', message: away, more: [afterOneSecond] },
  { http: 503, code: 14, reason: 'UNAVAILABLE', message: away, more: [afterOneSecond] },
  {
    http: 504,
    code: 4,
    reason: 'DEADLINE_EXCEEDED',
    message: "The call's time ran out. A write may have happened: repeat it with its idempotency key.",
  },
]

/**
 * When to repeat what had no answer, for REST and for gRPC. Said here and not by the filter on the way back, which an
 * answer that breaks off in its middle does not come by any more.
 */
export function soon(http: number): object[] {
  return [502, 503, 504].includes(http)
    ? [{ header: { key: 'retry-after', value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }]
    : []
}

/** The filter of a reply with this status. */
export function statusIs(http: number): object {
  const value = { default_value: http, runtime_key: `local_reply_${http}` }
  return { status_code_filter: { comparison: { op: 'EQ', value } } }
}
