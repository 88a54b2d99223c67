import { type CallContext, Status } from 'nice-grpc'
import { Refusal } from './refusal.ts'

/** The etag of a version: a quoted header value, RFC 9110 section 8.8.3. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/** Throws ABORTED when `if-match`, or the request's `etag`, no longer holds. `*` holds for whatever exists. */
export function matchEtag(call: CallContext, request: object, version: number): void {
  const current = etagOf(version)
  for (const wanted of [call.metadata.get('if-match'), (request as { etag?: string }).etag]) {
    if (wanted === undefined || wanted === '' || wanted === '*') continue
    if (wanted.split(',').some((etag) => etag.trim() === current)) continue
    throw new Refusal(Status.ABORTED, 'ETAG_MISMATCH', `the etag is now ${current}: read the resource again`, {
      etag: current,
    })
  }
}
