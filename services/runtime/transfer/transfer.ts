import type { Batch, Outcome, TransferServiceImplementation } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { CallContext } from 'nice-grpc'
import { invalidFields, type Refusal } from '../resource/refusal.ts'
import { batchOrder, type Turn } from './batch-order.ts'
import { type ExportOptions, exportStreams } from './export-streams.ts'

const MOST_ROWS = 1_000

/** How the resources of one kind come in and go out. */
export type Transfer<Message> = {
  /** Stores the resources when their turn comes, each by itself; gives what became of each, in their order. */
  import(messages: Message[], call: CallContext, turn: Turn): Promise<Outcome[]>
  /** All resources of the kind as of one moment. */
  readonly export: (call: CallContext) => AsyncIterable<Message[]>
}

/** The kinds that a service owns, under the names of their lists. */
export type Transfers = { readonly [List in keyof Batch]?: Transfer<Batch[List][number]> }

/** The suite's own import and export of a service; the proto's comments say what it promises. */
export function transferService(transfers: Transfers, options: ExportOptions): TransferServiceImplementation {
  const exporting = exportStreams(options)
  const inOrder = batchOrder()
  const of = (list: string, field: string) => {
    const transfer = Object.hasOwn(transfers, list) ? (transfers[list as keyof Batch] as Transfer<never>) : undefined
    if (transfer === undefined) {
      const description = `are not of this service: it has ${Object.keys(transfers).join(', ')}`
      throw invalidFields([{ field, description }])
    }
    return transfer
  }
  return {
    async import({ batch, ...place }, call) {
      refuseKey(call)
      const filled = Object.entries(batch ?? {}).filter(([, rows]) => rows.length > 0)
      const [list = '', rows = []] = filled[0] ?? []
      if (filled.length > 1 || rows.length > MOST_ROWS) {
        throw invalidFields([{ field: 'batch', description: `has several kinds, or more than ${MOST_ROWS} resources` }])
      }
      const store = (turn: Turn) =>
        rows.length === 0 ? turn().then(() => []) : of(list, `batch.${list}`).import(rows as never[], call, turn)
      return { outcomes: await inOrder(place, store) }
    },
    async *export({ resource }, call) {
      const transfer = of(resource, 'resource')
      for await (const rows of exporting(call, transfer.export)) yield { batch: { [resource]: rows } }
    },
  }
}

/** A key would be kept for each hotel of a batch, and its answer is of many resources: the ids of the rows do better. */
function refuseKey(call: CallContext): void {
  if (call.metadata.get('idempotency-key') === undefined) return
  const description = 'is not taken by an import: leave it out, a batch that is sent again does no harm'
  throw invalidFields([{ field: 'idempotency-key', description }])
}

export const CREATED: Outcome = { kind: Kind.CREATED, reason: '', fields: [], message: '' }
export const ALREADY_THERE: Outcome = { kind: Kind.ALREADY_THERE, reason: '', fields: [], message: '' }

/** The outcome of a row that is refused. */
export function refused({ reason, details, extra }: Refusal): Outcome {
  const fields = extra.flatMap((detail) =>
    detail.$type === 'google.rpc.BadRequest' ? detail.fieldViolations.map(({ field }) => field) : [],
  )
  return { kind: Kind.REFUSED, reason, fields, message: details }
}
