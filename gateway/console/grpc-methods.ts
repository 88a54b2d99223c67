import type { Api, ApiMethod } from '../api.ts'
import { comments } from '../openapi/comments.ts'
import { exampleMessage } from '../openapi/examples.ts'

/** A method as the page of the API shows it. */
export type GrpcMethod = {
  /** `package.Service/Method`, as grpcurl takes it. */
  readonly method: string
  /** The first sentences of its comment. */
  readonly summary: string
  readonly scope: string
  readonly kind: ApiMethod['kind']
  /** An example of its request, as JSON. */
  readonly request: object
}

/** All methods that callers can reach, in the order of the protos: what `/console/grpc.json` says. */
export function grpcMethods(api: Api): readonly GrpcMethod[] {
  const texts = comments(api.descriptors)
  return api.methods.map(({ desc, path, scope, kind }) => ({
    method: path.slice(1),
    summary: (texts.get(desc.proto) ?? desc.name).split('\n\n')[0]?.replaceAll('\n', ' ') ?? '',
    scope,
    kind,
    request: exampleMessage(desc.input, api, 'request'),
  }))
}
