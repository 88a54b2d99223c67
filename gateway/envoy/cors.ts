const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The headers that pages may send in addition to those that any page may send: the ones that the suite reads. */
const requestHeaders = [
  ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'last-event-id'],
  ...['x-request-id', 'traceparent', 'tracestate'],
  // Of gRPC-Web and Connect.
  ...['x-grpc-web', 'x-user-agent', 'grpc-timeout', 'connect-protocol-version', 'connect-timeout-ms'],
]

/** The headers of an answer that pages may read. */
const responseHeaders = [
  ...['etag', 'location', 'idempotent-replayed', 'x-request-id', 'retry-after', 'allow', 'www-authenticate'],
  ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-policy'],
  // How a call of gRPC-Web ended that has no answer.
  ...['grpc-status', 'grpc-message', 'grpc-status-details-bin'],
]

/**
 * The data that cors.lua decides on, as Lua source. Pages call without credentials of the browser's own: they send a token
 * themselves, so that no page acts for a user who has not given it one.
 */
export function corsTable(origins: readonly string[]): string {
  const entries = origins.map((origin) => `[${JSON.stringify(origin)}] = true`)
  const lists = { methods, request: requestHeaders, response: responseHeaders }
  const texts = Object.entries(lists).map(([name, list]) => `${name} = ${JSON.stringify(list.join(', '))}`)
  return `local cors = { origins = { ${entries.join(', ')} }, ${texts.join(', ')} }\n`
}
