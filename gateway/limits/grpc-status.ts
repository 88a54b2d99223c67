import { fromJson, toBinary } from '@bufbuild/protobuf'
import type { Api } from '../api.ts'

/** A detail of a `google.rpc.Status` in JSON, `@type` included. */
export type Detail = { readonly '@type': string; readonly [field: string]: string | Readonly<Record<string, string>> }

/** The `google.rpc.ErrorInfo` that is in every error of the suite. */
export function errorInfo(reason: string, metadata: Readonly<Record<string, string>> = {}): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'hotel', metadata }
}

/** Header in which a gRPC client gets the details of an error that Envoy itself answers. */
export function statusDetailsHeader(api: Api, code: number, message: string, details: readonly Detail[]): object {
  const schema = api.registry.getMessage('google.rpc.Status')
  if (schema === undefined) throw new Error('the descriptor set lacks google/rpc/status.proto')
  const status = fromJson(schema, { code, message, details: [...details] }, { registry: api.registry })
  const value = Buffer.from(toBinary(schema, status)).toString('base64').replace(/=+$/, '')
  return { header: { key: 'grpc-status-details-bin', value } }
}
