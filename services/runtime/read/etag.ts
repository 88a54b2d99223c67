import { type CallContext, Status } from 'nice-grpc'
import { Refusal } from '../errors/refusal.ts'

/** The etag of a version: a quoted header value, RFC 9110 section 8.8.3. */
export function etagOf(version: number | string): string {
  return `"${version}"`
}

/**
 * Throws ABORTED when `if-match`, or the request's `etag`, no longer holds. `*` holds for whatever exists. A weak etag is as
 * good as the version in it: the gateway makes one of the etag of an answer that it compresses.
 */
export function matchEtag(call: CallContext, request: object, version: number): void {
  demandEtag(call.metadata.get('if-match'), version)
  demandEtag((request as { etag?: string }).etag, version)
}

/** Throws ABORTED when an etag that was sent no longer holds. */
export function demandEtag(wanted: string | undefined, version: number): void {
  const current = etagOf(version)
  if (wanted === undefined || wanted === '' || wanted === '*') return
  if (wanted.split(',').some((etag) => etag.trim().replace(/^W\//, '') === current)) return
  throw etagMismatch(current, `the etag is now ${current}: read the resource again`)
}

/** ETAG_MISMATCH of a resource that has this etag now. */
export function etagMismatch(etag: string, message: string): Refusal {
  return new Refusal(Status.ABORTED, 'ETAG_MISMATCH', message, { etag })
}
