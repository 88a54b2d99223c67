import type { Schema } from './schema.ts'

const count = { type: 'integer', minimum: 0 }
const quoted = { type: 'string', pattern: '^(W/)?".+"$' }

/** Every header that an answer can carry. */
const responseHeaders = {
  'x-request-id': {
    description: 'The name of this request in the logs: the value that the request sent, or a new one.',
    schema: { type: 'string' },
  },
  'x-ratelimit-limit': { description: 'Requests that a client may make in the current second.', schema: count },
  'x-ratelimit-remaining': { description: 'Requests that are left in it.', schema: count },
  'x-ratelimit-reset': { description: 'Seconds until all of them are available again.', schema: count },
  'x-ratelimit-policy': {
    description: 'The limit that was reached.',
    schema: { type: 'string', enum: ['client-per-second', 'dear-calls', 'reservation-status-per-minute'] },
  },
  'retry-after': { description: 'Seconds to wait before the request is repeated.', schema: count },
  etag: {
    description:
      "The resource's version: the value for `if-match` and `if-none-match`. It begins with `W/` when the answer is compressed.",
    schema: quoted,
  },
  location: {
    description: 'Path of the new resource.',
    schema: { type: 'string', pattern: String.raw`^/\w+/[0-9a-f-]{36}$` },
  },
  'idempotent-replayed': {
    description: 'When this repeats the answer to an earlier request with the same `idempotency-key`.',
    schema: { type: 'string', enum: ['true'] },
  },
  'cache-control': {
    description: 'A stream must be neither stored nor changed.',
    schema: { type: 'string', const: 'no-store, no-transform' },
  },
  'x-accel-buffering': {
    description: 'A proxy must pass on each message of a stream at once.',
    schema: { type: 'string', const: 'no' },
  },
  'www-authenticate': {
    description: 'How to authenticate: by a token, `Bearer`.',
    schema: { type: 'string', pattern: '^Bearer' },
  },
  allow: {
    description: 'The methods of the path.',
    schema: { type: 'string', pattern: '^[A-Z]+(, [A-Z]+)*$' },
  },
} as const satisfies Readonly<Record<string, Schema>>

export type ResponseHeader = keyof typeof responseHeaders

/** Headers of one response: those that it always has, and those that it may have. */
export function headers(always: readonly ResponseHeader[], perhaps: readonly ResponseHeader[] = []): Schema {
  return Object.fromEntries([
    ...always.map((name) => [name, { ...responseHeaders[name], required: true }]),
    ...perhaps.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  ])
}

/** Those that an answer may have, as components of the document. */
export function headerComponents(document: object): Schema {
  const text = JSON.stringify(document)
  return Object.fromEntries(
    Object.entries(responseHeaders).filter(([name]) => text.includes(`"#/components/headers/${name}"`)),
  )
}

/** The headers of the limit per client on every answer that passed it. */
export const rateHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const

/** The answer to a read whose `if-none-match` holds. */
export const unchanged: Schema = { description: 'Unchanged.', headers: headers(['etag'], ['x-request-id']) }

/** Headers of requests, as components of the document. */
export const requestHeaders = {
  'x-request-id': {
    name: 'x-request-id',
    in: 'header',
    description: 'Your own name for this request in the logs; made if absent.',
    schema: { type: 'string' },
  },
  'idempotency-key': {
    name: 'idempotency-key',
    in: 'header',
    description:
      'Makes a repeat safe: the same key with the same request gives the first answer again. Kept for at least 24 hours. ' +
      'Use a new one for each write, for example a UUID.',
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
  },
  'if-match': {
    name: 'if-match',
    in: 'header',
    description:
      'The `etag` that must still hold, one of several separated by commas, or `*`. Otherwise the answer is 409 ' +
      '`ETAG_MISMATCH`, and nothing changes.',
    schema: { type: 'string', pattern: '^[!-~]([ -~]*[!-~])?$' },
  },
  'if-none-match': {
    name: 'if-none-match',
    in: 'header',
    description:
      'The `etag` that is known, one of several separated by commas, or `*`: while it holds the answer is 304, without a body.',
    // A value that is not an etag matches no version.
    schema: { type: 'string' },
  },
  'last-event-id': {
    name: 'last-event-id',
    in: 'header',
    description:
      'The id of the last event, as browsers send it: the stream continues from there, regardless of `cursor` and `from_now`.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]*$' },
  },
} as const satisfies Readonly<Record<string, Schema>>

/** Refers to a header of requests. */
export function requestHeader(name: keyof typeof requestHeaders): Schema {
  return { $ref: `#/components/parameters/${name}` }
}
