import { type Detail, errorInfo, statusDetailsHeader } from './grpc-status.ts'
import { guardFilter, refusedKey } from './guard.ts'
import type { Api } from './http-rules.ts'

/**
 * Gives what Envoy itself answers over REST the shape of `google.rpc.Status` in JSON, as the services' errors have it.
 * Native gRPC calls get a status of their own, with its details in a header.
 */
export function localReplies(api: Api): object {
  return {
    mappers: [
      // The guard writes the whole status itself. Metadata of the stream, unlike a header, comes from no client.
      {
        filter: {
          metadata_filter: {
            matcher: { filter: guardFilter, path: [{ key: refusedKey }], value: { bool_match: true } },
            match_if_key_not_found: false,
          },
        },
        body_format_override: {
          text_format_source: { inline_string: '%LOCAL_REPLY_BODY%' },
          content_type: 'application/json',
        },
      },
      // What the transcoder says of a body that is no such message is the only text of Envoy's a caller can use.
      mapper({ http: 400, code: 3, reason: 'INVALID_FIELD', message: '%LOCAL_REPLY_BODY%' }, [transcoded]),
      // Envoy forbids it, which is otherwise what it says of a token.
      {
        ...mapper({ http: 403, code: 3, reason: 'INVALID_FIELD', message: noUpgrade }, [upgrades]),
        status_code: 400,
      },
      ...replies.map((reply) => mapper(reply, [anyRest])),
      // So Envoy says that a token is meant for others; what a token allows is for the services to say.
      { ...mapper({ ...noToken, http: 403 }, [anyRest]), status_code: 401 },
      // A gRPC client gets its details in a header.
      ...[401, 403].map((http) => ({
        filter: statusIs(http),
        status_code: 401,
        body_format_override: { text_format_source: { inline_string: noToken.message } },
        headers_to_add: [statusDetailsHeader(api, noToken.code, noToken.message, [errorInfo(noToken.reason)])],
      })),
      // Envoy has no better code for these than UNKNOWN, or INTERNAL, and tells about connections inside.
      ...[...replies.filter(({ http }) => [400, 408, 413, 415, 502, 503, 504].includes(http)), noMethod].map(
        ({ http, code, reason, message, more = [] }) => ({
          filter: statusIs(http),
          // To gRPC the text is the message of the status. What the guard says of a request is to be kept.
          ...([400, 415].includes(http)
            ? {}
            : { body_format_override: { text_format_source: { inline_string: message } } }),
          headers_to_add: [
            { header: { key: 'grpc-status', value: String(code) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
            statusDetailsHeader(api, code, message, [errorInfo(reason), ...more]),
            ...soon(http),
          ],
        }),
      ),
    ],
  }
}

/** A path of gRPC that is not routed. */
const noMethod: Reply = {
  http: 404,
  code: 12,
  reason: 'METHOD_NOT_ALLOWED',
  message: 'There is no such method. gRPC reflection lists those that there are.',
}

/**
 * When to repeat what had no answer, for REST and for gRPC. Said here and not by the filter on the way back, which an
 * answer that breaks off in its middle does not come by any more.
 */
function soon(http: number): object[] {
  return [502, 503, 504].includes(http)
    ? [{ header: { key: 'retry-after', value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }]
    : []
}

const away = 'The service can not answer now. Repeat later.'
const afterOneSecond: Detail = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retry_delay: '1s' }

const noUpgrade = 'There is no other protocol to change to.'

type Reply = {
  readonly http: number
  /** `google.rpc.Code`. */
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Besides the `ErrorInfo`. */
  readonly more?: readonly Detail[]
}

const noToken: Reply = { http: 401, code: 16, reason: 'UNAUTHENTICATED', message: 'A valid token is needed.' }

/** What Envoy answers by itself. The messages are fixed: Envoy's own are empty for some of these and name upstream hosts in others. */
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
  { http: 405, code: 12, reason: 'METHOD_NOT_ALLOWED', message: 'The path does not know this method.' },
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

/** A request that the transcoder turned into gRPC carries its former path; clients can not send this header. */
const transcoded = { header_filter: { header: { name: 'x-envoy-original-path', present_match: true } } }
const upgrades = { header_filter: { header: { name: 'upgrade', present_match: true } } }
const notGrpc = {
  header_filter: {
    header: {
      name: 'content-type',
      string_match: { prefix: 'application/grpc' },
      invert_match: true,
      treat_missing_header_as_empty: true,
    },
  },
}
const anyRest = { or_filter: { filters: [transcoded, notGrpc] } }

function mapper(reply: Reply, filters: readonly object[]): object {
  return {
    filter: { and_filter: { filters: [statusIs(reply.http), ...filters] } },
    body_format_override: {
      json_format: {
        code: reply.code,
        message: reply.message,
        details: [errorInfo(reply.reason, reply.metadata), ...(reply.more ?? [])],
      },
    },
    headers_to_add: soon(reply.http),
  }
}

function statusIs(http: number): object {
  const value = { default_value: http, runtime_key: `local_reply_${http}` }
  return { status_code_filter: { comparison: { op: 'EQ', value } } }
}
