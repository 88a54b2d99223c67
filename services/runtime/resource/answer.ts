import type { CallContext } from 'nice-grpc'

/** Answers with one resource, whose etag goes into the header too. */
export function withEtag<Resource extends { etag: string }>(call: CallContext, resource: Resource): Resource {
  call.header.set('etag', resource.etag)
  return resource
}

/** Answers a create: over REST that is 201 with the address of what was made, as `/guests/{id}`. */
export function created<Resource extends { id: string; etag: string }>(
  call: CallContext,
  collection: string,
  resource: Resource,
): Resource {
  call.header.set('x-http-code', '201')
  call.header.set('location', `${collection}/${resource.id}`)
  return withEtag(call, resource)
}
