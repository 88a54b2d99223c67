const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What pages may send beyond what any page may: what the suite reads. */
const requestHeaders = [
  ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'last-event-id'],
  ...['x-request-id', 'traceparent', 'tracestate'],
]

/** What pages may read of an answer. */
const responseHeaders = [
  ...['etag', 'location', 'idempotent-replayed', 'x-request-id', 'retry-after', 'allow', 'www-authenticate'],
  ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-policy'],
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
