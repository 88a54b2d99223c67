import type { ExportResponse } from '@hotel/proto/hotel/transfer/v1/transfer'
import { type Batch, type ImportRequest, TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import { createChannel, createClientFactory, Metadata } from 'nice-grpc'
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details'
import type { Suite } from '../harness/test-suite.ts'

type Rows = { [List in keyof Batch]?: object[] }

/** Calls the import and the export of a service, which the gateway does not route, on a connection of their own. */
export function transfers(suite: Suite, service: ServiceName, token = suite.testerToken) {
  const channel = createChannel(suite.stack.addresses[service][0] ?? '')
  const client = createClientFactory().use(errorDetailsClientMiddleware).create(TransferServiceDefinition, channel)
  const metadata = Metadata({ authorization: `Bearer ${token}` })
  return {
    import: (
      batch: Rows,
      more: { name?: string; after?: string; validate_only?: boolean; assumed?: Rows } = {},
      signal?: AbortSignal,
    ) => client.import({ batch, ...more } as ImportRequest, { metadata, ...(signal === undefined ? {} : { signal }) }),
    export: (resource: keyof Batch, signal?: AbortSignal): AsyncIterable<ExportResponse> =>
      client.export({ resource }, { metadata, ...(signal === undefined ? {} : { signal }) }),
    [Symbol.dispose]: () => channel.close(),
  }
}
